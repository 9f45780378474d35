"""What every provider of a channel keeps to: each one that is found is tried without any settings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifier.channels.base import Channel, find_channels, find_providers
from notifier.errors import SettingsError
from notifier.records import (
    AttemptState,
    ChannelFacts,
    ChannelName,
    Form,
    Message,
    ReceiptRequest,
    Rendered,
)

FOUND = find_channels()
PROVIDERS = {
    f"{channel}_{name}": kind for channel, known in find_providers().items() for name, kind in known.items()
}
LONGEST_NAME = 10  # a column is that long
DEFINITE = {AttemptState.ACCEPTED, AttemptState.DEFERRED, AttemptState.FAILED}


@pytest.fixture(params=PROVIDERS.values(), ids=list(PROVIDERS))
def channel(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Channel]:
    monkeypatch.chdir(tmp_path)  # no .env, and an empty home
    made: Channel = request.param()
    yield made
    made.close()


def a_message(channel: Channel) -> Message:
    return Message(
        attempt_ref="0f9b2c4d5e6f708192a3b4c5d6e7f801",
        channel=channel.facts.name,
        address="nobody",
        recipient_name="Jo Bloggs",
        rendered=Rendered(channel.facts.form, "en", "There is news."),
        created_at=datetime(2026, 4, 1, 9, 0, tzinfo=UTC),
    )


def a_request(channel: Channel, body: bytes = b"{}", **form: str) -> ReceiptRequest:
    return ReceiptRequest(f"https://n.example/receipts/{channel.facts.name}", {}, body, form)


def test_every_name_has_a_channel() -> None:
    assert set(FOUND) == set(ChannelName)


def test_the_providers_of_a_channel_have_the_same_facts_and_one_is_the_default() -> None:
    for channel, known in find_providers().items():
        assert {kind.facts for kind in known.values()} == {FOUND[channel].facts}
        assert [kind.spare for kind in known.values()] == [False] + [True] * (len(known) - 1)


def test_its_facts_are_its_own_and_its_name_fits(channel: Channel) -> None:
    facts = vars(type(channel)).get("facts")
    assert isinstance(facts, ChannelFacts)
    assert 0 < len(facts.name) <= LONGEST_NAME


def test_the_spoken_form_is_for_a_person_and_a_person_gives_no_receipts(channel: Channel) -> None:
    facts = channel.facts
    assert facts.for_a_person or facts.form is not Form.SPOKEN, "it holds notes that are not to be read out"
    assert not (facts.for_a_person and facts.gives_receipts)


def test_without_its_settings_it_names_them_and_sends_nothing(channel: Channel) -> None:
    problem = channel.check()
    if problem is None:  # it needs none, and answers
        assert channel.send(a_message(channel)).state in DEFINITE
        return
    assert "\n" not in problem
    assert "NOTIFIER_" in problem
    with pytest.raises(SettingsError, match="NOTIFIER_"):
        channel.send(a_message(channel))


@pytest.mark.parametrize("body", [b"", b"{}", b"attempt=1&status=delivered"])
def test_an_unsigned_receipt_is_not_trusted(channel: Channel, body: bytes) -> None:
    assert channel.verify_receipt(a_request(channel, body, status="delivered")) is False


@pytest.mark.parametrize(
    "body", [b"", b"\xff\x00\xfe", b"{}", b"[]", b"null", b'{"status": ["delivered"]}', b"Subject: news\n\n"]
)
def test_rubbish_is_no_receipt(channel: Channel, body: bytes) -> None:
    try:
        receipts = channel.parse_receipt(a_request(channel, body, nonsense="1"))
    except (ValueError, SettingsError):
        return
    assert receipts == []


def test_it_may_be_closed_twice_also_when_it_was_never_used(channel: Channel) -> None:
    channel.close()
    channel.close()


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.SHORT])
def test_only_guarded_words_show_on_a_lock_screen(form: Form) -> None:
    with pytest.raises(ValueError, match="lock screen"):
        ChannelFacts(ChannelName.EMAIL, form, lock_screen=True, gives_receipts=True)
