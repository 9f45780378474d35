"""What is fuzzed byte by byte: readers of what strangers wrote. Each refuses in its own words only."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

from fastapi import HTTPException

from notifier.addresses import AddressRefused, check_json, normalise
from notifier.documents import MOST_BYTES, kept, read
from notifier.errors import EventRefused
from notifier.intake import Outcome, take_in
from notifier.mail.incoming import read_mail
from notifier.records import ChannelName
from notifier.store.engines import IN_MEMORY
from notifier.web.body import text_of
from notifier.web.events import elements
from tests.builders import a_store, at
from tests.fuzz.written import MARKER, WHEN, written

NOW = at(WHEN)


def document(body: bytes) -> None:
    """A document is read and means the same when written again, or is refused in one line."""
    text = text_of(body)
    try:
        whole = read(text)
    except EventRefused as refused:
        _is_one_line(str(refused))
        assert len(kept(text)) <= MOST_BYTES
    else:
        assert read(json.dumps(whole, ensure_ascii=False)) == whole


def event(body: bytes) -> None:
    """A document is stored, or kept with its reason."""
    with a_store(IN_MEMORY) as store, store.begin() as tx:
        (taken,) = take_in(tx, [text_of(body)], door="fuzz", now=NOW)
    if taken.outcome is Outcome.REFUSED:
        _is_one_line(taken.reason or "")


def batch(body: bytes) -> None:
    """Splitting an array takes nothing away: joined again it is what it was."""
    text = text_of(body)
    with suppress(HTTPException):
        found = elements(text)
        assert ",".join(found) == text or not text.strip()


def address(body: bytes) -> None:
    """An address is normalised, and then no more changed, or refused in one line."""
    text = body.decode(errors="surrogateescape")
    for channel in ChannelName:
        try:
            normal = normalise(channel, text, allow_international=True, allow_foreign_post=True)
            again = normalise(channel, normal, allow_international=True, allow_foreign_post=True)
        except AddressRefused as refused:
            _is_one_line(refused.reason)
        else:
            assert again == normal


def check(body: bytes) -> None:
    """Every line of `notifier check` has a verdict that can be written."""
    assert json.dumps(check_json(body), ensure_ascii=False)


def mail(body: bytes) -> None:
    """A mail is a bounce, a reply, nothing, or not understood."""
    with suppress(ValueError):
        read_mail(body, "bounces.police.example")


def _is_one_line(reason: str) -> None:
    assert reason
    assert "\n" not in reason
    assert MARKER not in reason.lower()


_EVENT = json.dumps(written("victim.registered")).encode()
_MAIL = b"From: a@b.example\nTo: replies+0f9b2c4d5e6f708192a3b4c5d6e7f801@bounces.police.example\n\nSTOP\n"
TARGETS: dict[str, tuple[Callable[[bytes], None], bytes]] = {
    "document": (document, _EVENT),
    "event": (event, _EVENT),
    "batch": (batch, _EVENT + b"," + _EVENT),
    "address": (address, b"+44 (0) 7700 900123"),
    "check": (
        check,
        b'{"channel": "letter", "address": {"lines": ["1 Mill Lane", "Exampleton", "EX1 1AA"]}}',
    ),
    "mail": (mail, _MAIL),
}
"""Each function with something right that it may begin with."""
