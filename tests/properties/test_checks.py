"""The checks can complain: each row spoils the lines of one right history, and one check must see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.properties.histories import History
from tests.properties.run import Line, Run, simulated
from tests.properties.test_histories import EVERY_CHECK

_OF_THE_SUSPECT = "+447700900102"
_POINTS = [
    {"id": "p1", "channel": "sms", "address": "07700 900101"},
    {"id": "p2", "channel": "email", "address": "jo@example.org"},
]
_WINDOWS = [{"from": "09:00", "until": "17:00"}]


def _event(event_id: str, type_: str, time: str, **data: Any) -> dict[str, Any]:
    identity = {"specversion": "1.0", "id": event_id, "source": "urn:example:records"}
    return {**identity, "type": type_, "time": f"2026-05-{time}+01:00", "data": {"case_id": "c1", **data}}


_HISTORY = History(
    (
        _event(
            "open", "case.opened", "12T09:00:00", offence="burglary", force="Example", reference="EX/1/26"
        ),
        _event(
            "reg", "victim.registered", "12T09:00:00", victim_id="v1", contact_points=_POINTS,
            contract={"wants": "key_events", "windows": _WINDOWS, "windows_strict": True},
        ),
        _event(
            "party", "case.party_recorded", "12T09:30:00", role="suspect",
            contact_points=[{"id": "q1", "channel": "sms", "address": "07700 900102"}],
        ),
        _event("arrest", "case.suspect_arrested", "12T10:00:00"),
        _event("news", "case.closed", "12T12:00:00", reasons="There was not enough evidence."),
        _event("progress", "case.progress", "12T13:00:00", text="A step.", waiting_for="a report"),
    ),
    (),
    "2026-05-21T12:00:00+01:00",
)  # fmt: skip


def _changed(place: int, **values: Any) -> Callable[[list[Line]], list[Line]]:
    """Change entries of the message at ``place``; -1 is the last one."""

    def spoil(lines: list[Line]) -> list[Line]:
        message = [line for line in lines if line["what"] == "message"][place]
        return [{**line, **values} if line is message else line for line in lines]

    return spoil


def _without(what: str) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [line for line in lines if line["what"] != what]


def _twice(lines: list[Line]) -> list[Line]:
    message = next(line for line in lines if line["what"] == "message")
    return [*lines, {**message, "at": lines[-1]["at"]}]


def _complaining(lines: list[Line]) -> set[str]:
    run = Run(_HISTORY, lines, [])
    return {check.__name__ for check in EVERY_CHECK if list(check(run))}


@pytest.fixture(scope="module")
def right() -> list[Line]:
    """The lines as they should be."""
    return simulated(_HISTORY).lines


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (_changed(0, at="2026-05-12T03:00:00+01:00"), "messages_keep_to_her_windows"),
        (_changed(-1, event_ids=["progress"], event_id="progress"), "wishes_are_kept"),
        (_changed(1, address=_OF_THE_SUSPECT), "nothing_goes_to_a_party"),
        (_changed(0, address="+447700900103"), "only_agreed_ways_are_used"),
        (_changed(0, channel="letter"), "only_agreed_ways_are_used"),
        (_changed(0, role="representative"), "a_representative_hears_instead"),
        (_changed(0, text="Jo Bloggs: see https://police.example"), "words_are_safe"),
        (_changed(-2, text="There was not enough evidence."), "words_are_safe"),
        (_changed(0, event_ids=["reg", "news"]), "only_routine_news_is_joined"),
        (_changed(0, deadline="2026-05-12T23:59:59+01:00"), "only_routine_news_is_joined"),
        (_twice, "no_news_is_told_twice"),
        (_changed(1, at="2026-05-12T09:20:00+01:00"), "a_backlog_is_one_message"),
        (_without("message"), "every_duty_is_told_or_escalated"),
        (_without("delivered"), "every_message_comes_to_an_end"),
        (_changed(0, at="2026-05-12T08:00:00+00:00"), "lines_are_whole"),
        (lambda lines: lines[::-1], "lines_are_whole"),
    ],
)
def test_a_spoilt_line_is_seen(
    right: list[Line], spoil: Callable[[list[Line]], list[Line]], check: str
) -> None:
    assert _complaining(right) == set()
    assert check in _complaining(spoil(right))
