from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from notifier.errors import SettingsError
from tests.builders import a_cipher

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
VALUE = {"name": "Jo Bloggs", "note": "Llŷr – “£”", "points": [1, None, True]}


def test_what_was_sealed_is_opened_again() -> None:
    cipher = a_cipher()
    assert cipher.open(cipher.seal(VALUE)) == VALUE


def test_a_sealed_value_shows_nothing_and_is_never_the_same() -> None:
    cipher = a_cipher()
    first, second = cipher.seal(VALUE), cipher.seal(VALUE)
    assert b"Bloggs" not in first
    assert first != second


def test_after_a_new_key_was_put_first_the_old_data_can_still_be_read() -> None:
    sealed = a_cipher(OLD).seal(VALUE)
    assert a_cipher(NEW, OLD).open(sealed) == VALUE


def test_new_data_is_sealed_with_the_newest_key() -> None:
    sealed = a_cipher(NEW, OLD).seal(VALUE)
    assert a_cipher(NEW).open(sealed) == VALUE
    with pytest.raises(SettingsError):
        a_cipher(OLD).open(sealed)


def test_rotated_data_no_longer_needs_the_old_key() -> None:
    rotated = a_cipher(NEW, OLD).rotate(a_cipher(OLD).seal(VALUE))
    assert a_cipher(NEW).open(rotated) == VALUE


def test_without_its_key_the_mend_is_named_and_nothing_else() -> None:
    with pytest.raises(SettingsError, match="NOTIFIER_DATA_KEYS") as refused:
        a_cipher(NEW).open(a_cipher(OLD).seal(VALUE))
    assert "\n" not in str(refused.value)


def test_changed_data_is_refused() -> None:
    sealed = bytearray(a_cipher().seal(VALUE))
    sealed[len(sealed) // 2] ^= 1
    with pytest.raises(SettingsError):
        a_cipher().open(bytes(sealed))


def test_a_lookup_stays_the_same_when_the_data_keys_are_rotated() -> None:
    assert a_cipher(OLD).lookup("sms", "+447700900123") == a_cipher(NEW, OLD).lookup("sms", "+447700900123")


def test_a_lookup_depends_on_the_secret_key() -> None:
    one, other = a_cipher(secret_key="one secret key"), a_cipher(secret_key="another secret key")
    assert one.lookup("sms", "+447700900123") != other.lookup("sms", "+447700900123")


def test_a_lookup_tells_its_parts_apart() -> None:
    cipher = a_cipher()
    assert len({cipher.lookup("ab", "c"), cipher.lookup("a", "bc"), cipher.lookup("abc")}) == 3
