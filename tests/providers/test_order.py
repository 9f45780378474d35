"""The settings say which providers send, in which order and how fast."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifier.channels.base import find_providers
from notifier.errors import SettingsError
from notifier.providers.chain import Chain
from notifier.records import ChannelName
from notifier.settings import Settings, load_settings
from notifier.wiring import channels_of, order_of
from tests.providers.test_chain import Notes

DEFAULTS = {"sms": ("twilio",), "email": ("smtp",), "letter": ("print",), "call": ("call",)}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)  # no .env
    return monkeypatch


def orders(settings: Settings) -> dict[str, tuple[str, ...]]:
    return {name: order_of(name, known, settings) for name, known in find_providers().items()}


def test_without_settings_the_default_one_sends(given: pytest.MonkeyPatch) -> None:
    assert orders(load_settings()) == DEFAULTS


def test_the_settings_give_the_order(given: pytest.MonkeyPatch) -> None:
    given.setenv("NOTIFIER_SMS_PROVIDERS", "notify, twilio")
    given.setenv("NOTIFIER_LETTER_PROVIDERS", "notify")
    wanted = {**DEFAULTS, "sms": ("notify", "twilio"), "letter": ("notify",)}
    settings = load_settings()
    assert orders(settings) == wanted
    channels = channels_of(settings, Notes())
    chains = {name: one.order for name, one in channels.items() if isinstance(one, Chain)}
    assert chains == {name: order for name, order in wanted.items() if name != "call"}
    assert not isinstance(channels[ChannelName.CALL], Chain), "a person makes it"
    for channel in channels.values():
        channel.close()


@pytest.mark.parametrize("value", ["twillio", "twilio,twilio", "twilio,", "smtp"])
def test_a_wrong_order_is_named_with_what_there_is(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("NOTIFIER_SMS_PROVIDERS", value)
    with pytest.raises(SettingsError, match=r"NOTIFIER_SMS_PROVIDERS: .* of these: twilio, notify"):
        channels_of(load_settings(), Notes())


def test_rates_are_by_provider(given: pytest.MonkeyPatch) -> None:
    given.setenv("NOTIFIER_PROVIDER_RATES", "twilio=50, notify=7.5")
    assert load_settings().provider_rates == {"twilio": 50, "notify": 7.5}


@pytest.mark.parametrize("value", ["twilio", "twilio=fast", "twilio=0", "=5x", "twilio=0.5"])
def test_a_wrong_rate_is_named(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("NOTIFIER_PROVIDER_RATES", value)
    with pytest.raises(SettingsError, match="NOTIFIER_PROVIDER_RATES"):
        load_settings()
