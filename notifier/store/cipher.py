"""Encrypts personal data in the database, and hashes what must be looked up."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from notifier.errors import SettingsError

_LOOKUP_PURPOSE = b"notifier lookup v1:"


class Cipher:
    """Seals JSON values with the newest of ``data_keys`` and opens what any of them sealed.

    ``secret_key`` keys the hashes, so that they stay the same when the data keys are rotated.
    """

    def __init__(self, data_keys: Sequence[str], secret_key: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in data_keys])
        self._lookup_key = hashlib.sha256(_LOOKUP_PURPOSE + secret_key.encode()).digest()

    def seal(self, value: Any) -> bytes:
        """Return ``value`` (anything that JSON holds) encrypted and authenticated."""
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def open(self, sealed: bytes) -> Any:
        """Return what was sealed; raises :class:`SettingsError` when no key of ``DATA_KEYS`` fits."""
        try:
            return json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise SettingsError(
                "stored data was sealed with a key that is not in NOTIFIER_DATA_KEYS; "
                "add the older key at the end"
            ) from None

    def rotate(self, sealed: bytes) -> bytes:
        """Return the same value sealed with the newest key."""
        return self._fernet.rotate(sealed)

    def lookup(self, *parts: str) -> str:
        """Return a keyed hash by which a value can be found again without being stored in the clear."""
        return hmac.new(self._lookup_key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()
