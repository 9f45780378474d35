"""How a duty was met, and when a day is counted again: tables of dates that a caseworker could review."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from notifier.records import NoticeState
from notifier.rules.compliance import By, Facts, Judgement, Result, judge, must_be_counted
from tests.builders import LONDON, at, day

ARRIVED = at("Tue 31 Mar 2026 09:30")
RELEASED = at("Wed 1 Apr 2026 09:30")
DUE = at("Thu 9 Apr 2026 23:59:59")
AFTERWARDS = at("Mon 13 Apr 2026 09:00")
STEP = timedelta(minutes=10)


def judged(
    *,
    message: str | None = None,
    talk: str | None = None,
    state: NoticeState = NoticeState.PLANNED,
    reason: str | None = None,
) -> Judgement:
    told = {"message_at": at(message) if message else None, "talk_at": at(talk) if talk else None}
    return judge(Facts(DUE, ARRIVED, state, reason, **told), AFTERWARDS, STEP)


@pytest.mark.parametrize(
    ("message", "talk", "result", "by"),
    [
        ("Wed 1 Apr 2026 09:31", None, Result.MET, By.MESSAGE),
        ("Thu 9 Apr 2026 23:59:59", None, Result.MET, By.MESSAGE),  # the last second of the day is in time
        ("Fri 10 Apr 2026 00:00", None, Result.LATE, By.MESSAGE),
        (None, "Thu 9 Apr 2026 17:00", Result.MET, By.PERSON),
        (None, "Fri 10 Apr 2026 09:00", Result.LATE, By.PERSON),
        ("Fri 10 Apr 2026 09:00", "Thu 9 Apr 2026 17:00", Result.MET, By.PERSON),  # the first one counts
        ("Thu 9 Apr 2026 17:00", "Fri 10 Apr 2026 09:00", Result.MET, By.MESSAGE),
        (None, None, Result.MISSED, None),
    ],
)
def test_she_was_told_in_time_or_late_or_not(
    message: str | None, talk: str | None, result: Result, by: By | None
) -> None:
    judgement = judged(message=message, talk=talk)
    assert (judgement.result, judgement.by) == (result, by)


@pytest.mark.parametrize(
    ("state", "reason", "message", "talk", "result"),
    [
        # She wants no updates, it was overtaken, a person gave it up: no duty is left.
        (NoticeState.SUPPRESSED, "wants_none", None, None, Result.NOT_TO_BE_TOLD),
        (NoticeState.CANCELLED, "superseded", None, None, Result.NOT_TO_BE_TOLD),
        (NoticeState.CANCELLED, "discarded", None, None, Result.NOT_TO_BE_TOLD),
        (NoticeState.SUPPRESSED, None, None, None, Result.NOT_TO_BE_TOLD),
        # A person told her: it is judged by the talk, and missed where the talk was taken back.
        (NoticeState.CANCELLED, "told_by_person", None, "Thu 9 Apr 2026 17:00", Result.MET),
        (NoticeState.CANCELLED, "told_by_person", None, "Fri 10 Apr 2026 09:00", Result.LATE),
        (NoticeState.SUPPRESSED, "told_in_person", None, "Thu 9 Apr 2026 17:00", Result.MET),
        (NoticeState.SUPPRESSED, "told_in_person", None, None, Result.MISSED),
        # Short words went out, and the full text is a call.
        (NoticeState.SUPPRESSED, "full_text_by_call", "Wed 1 Apr 2026 10:00", None, Result.MET),
        # A message that went out before it was overtaken has told her all the same.
        (NoticeState.CANCELLED, "superseded", "Wed 1 Apr 2026 10:00", None, Result.MET),
        # What waits for a person, or cannot be told, is missed like any other.
        (NoticeState.WITH_PERSON, None, None, None, Result.MISSED),
        (NoticeState.HELD, "person_first", None, None, Result.MISSED),
        (NoticeState.FAILED, "no_contact", None, None, Result.MISSED),
        (NoticeState.UNCERTAIN, None, None, None, Result.MISSED),
    ],
)
def test_what_is_not_to_be_told_is_no_duty(
    state: NoticeState, reason: str | None, message: str | None, talk: str | None, result: Result
) -> None:
    assert judged(message=message, talk=talk, state=state, reason=reason).result is result


@pytest.mark.parametrize(
    ("now", "result"),
    [
        ("Thu 9 Apr 2026 23:59:59", Result.OPEN),
        ("Fri 10 Apr 2026 00:00", Result.MISSED),
    ],
)
def test_until_its_deadline_a_duty_is_open(now: str, result: Result) -> None:
    assert judge(Facts(DUE, ARRIVED, NoticeState.PLANNED), at(now), STEP).result is result


@pytest.mark.parametrize(
    ("message", "now", "result"),
    [
        ("Wed 1 Apr 2026 09:30:04", "Wed 1 Apr 2026 12:00", Result.MET),
        ("Wed 1 Apr 2026 09:40", "Wed 1 Apr 2026 12:00", Result.MET),
        ("Wed 1 Apr 2026 09:41", "Wed 1 Apr 2026 12:00", Result.LATE),
        (None, "Wed 1 Apr 2026 09:39", Result.OPEN),
        (None, "Wed 1 Apr 2026 09:41", Result.MISSED),
    ],
)
def test_what_is_due_at_once_is_in_time_until_the_next_channel_would_be_tried(
    message: str | None, now: str, result: Result
) -> None:
    facts = Facts(RELEASED, RELEASED, NoticeState.PLANNED, message_at=at(message) if message else None)
    assert judge(facts, at(now), STEP).result is result


@pytest.mark.parametrize(("arrived", "late"), [(DUE, False), (DUE + timedelta(seconds=1), True)])
def test_an_event_that_came_after_its_deadline_is_said_to_be_late(arrived: datetime, late: bool) -> None:
    assert Facts(DUE, arrived, NoticeState.TOLD).event_was_late is late


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        Facts(DUE.replace(tzinfo=None), ARRIVED, NoticeState.PLANNED)


@pytest.mark.parametrize(
    ("counted", "now", "due"),
    [
        (None, "Thu 9 Apr 2026 00:10", True),
        ("Thu 9 Apr 2026 00:10", "Thu 9 Apr 2026 01:09", False),  # today's every hour
        ("Thu 9 Apr 2026 00:10", "Thu 9 Apr 2026 01:10", True),
        ("Thu 9 Apr 2026 23:30", "Fri 10 Apr 2026 00:00", True),  # as soon as the day is over
        ("Fri 10 Apr 2026 00:00", "Fri 10 Apr 2026 01:59", False),
        ("Fri 10 Apr 2026 00:00", "Fri 10 Apr 2026 02:00", True),  # and then each night
        ("Fri 10 Apr 2026 02:00", "Sat 11 Apr 2026 01:59", False),
        ("Fri 10 Apr 2026 02:00", "Sat 11 Apr 2026 02:00", True),
        ("Wed 13 May 2026 02:00", "Thu 14 May 2026 02:00", True),  # the 35th day after it
        ("Thu 14 May 2026 02:00", "Fri 15 May 2026 02:00", False),
        (None, "Fri 15 May 2026 02:00", False),
        (None, "Wed 8 Apr 2026 23:59", False),  # it is still to come
    ],
)
def test_a_day_is_counted_while_its_numbers_may_change(counted: str | None, now: str, due: bool) -> None:
    counted_at = at(counted) if counted else None
    assert must_be_counted(day("Thu 9 Apr 2026"), counted_at, at(now), LONDON) is due


@pytest.mark.parametrize(
    ("counted", "now", "due"),
    [
        # 29 March: 01:00 to 02:00 does not exist, and the day is over an hour earlier by the world's clock.
        ("Sun 29 Mar 2026 23:59", "Mon 30 Mar 2026 00:00", True),
        ("Sun 29 Mar 2026 02:00", "Sun 29 Mar 2026 02:59", False),
        ("Sun 29 Mar 2026 00:30", "Sun 29 Mar 2026 02:30", True),
    ],
)
def test_the_clock_change_moves_no_day(counted: str, now: str, due: bool) -> None:
    assert must_be_counted(day("Sun 29 Mar 2026"), at(counted), at(now), LONDON) is due
