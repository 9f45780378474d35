"""When a notice goes: windows, deadlines, gaps, backlogs (rules, sections 1, 2 and 4)."""

from __future__ import annotations

import pytest

from tests.stories.story import SMS, Story

DAY = "2026-05-12"  # a Tuesday
VICTIM = {"points": (SMS,)}


def test_a_backlog_of_the_night_is_one_message_in_the_morning() -> None:
    story = Story(f"{DAY} 09:00", victim=VICTIM)
    story.event("case.charged", "2026-05-13 02:00", id="third", offences=["burglary"])
    story.event("case.suspect_arrested", f"{DAY} 21:00", id="first")
    story.event("case.suspect_interviewed", f"{DAY} 23:00", id="second")
    line = story.run("2026-05-13 12:00").one(what="message")
    assert line["at"] == "2026-05-13T08:00:00+01:00"
    assert (line["event_id"], line["event_type"]) == ("first", "case.suspect_arrested")
    assert line["event_ids"] == ["first", "second", "third"]
    assert line["deadline"] == "2026-05-19T23:59:59+01:00"


def test_after_a_message_the_next_waits_half_an_hour_and_joins_what_is_due_then() -> None:
    story = Story(f"{DAY} 09:00", victim=VICTIM)
    story.event("case.suspect_arrested", f"{DAY} 14:00", id="first")
    story.event("case.suspect_interviewed", f"{DAY} 14:05", id="second")
    story.event("case.charged", f"{DAY} 14:20", id="third", offences=["burglary"])
    lines = story.run("2026-05-13 12:00")
    assert lines.told("at", "event_ids", what="message") == [
        ("Tue 12 May 14:00", ["first"]),
        ("Tue 12 May 14:30", ["second", "third"]),
    ]


def test_what_came_after_its_deadline_goes_at_once_and_is_escalated_once() -> None:
    story = Story(f"{DAY} 09:00", victim=VICTIM)
    story.event("case.suspect_arrested", f"{DAY} 21:30", occurred_at="2026-05-01T10:00:00+01:00")
    lines = story.run("2026-05-13 12:00")
    assert lines.told("at", "reason", what="escalation") == [("Tue 12 May 21:30", "late_on_arrival")]
    assert lines.told("at", what="message") == [("Wed 13 May 08:00",)]


@pytest.mark.parametrize(
    ("opened", "escalated"),
    [(f"{DAY} 09:08", []), (f"{DAY} 12:00", [("Tue 12 May 12:00", "late_on_arrival")])],
)
def test_what_is_due_at_once_is_late_where_its_case_was_opened_long_after_it(
    opened: str, escalated: list[tuple[str, str]]
) -> None:
    story = Story(opened)
    story.registered(f"{DAY} 08:50", points=(SMS,))
    lines = story.event("custody.released", f"{DAY} 09:00", on=DAY, conditions=[]).run("2026-05-13 12:00")
    assert lines.told("at", "reason", what="escalation") == escalated
    assert len(lines.told("at", what="message", event_type="custody.released")) == 1


def test_a_hearing_that_is_known_too_late_is_told_and_called_about() -> None:
    story = Story(f"{DAY} 09:00", victim=VICTIM)
    tomorrow = {
        "hearing_id": "h1",
        "starts_at": "2026-05-13T10:00:00+01:00",
        "court": "Example",
        "purpose": "trial",
    }
    lines = story.event("court.hearing_listed", f"{DAY} 20:30", **tomorrow).run("2026-05-13 12:00")
    assert lines.told("at", "what", "kind")[:2] == [
        ("Tue 12 May 20:30", "task", "call_back"),
        ("Wed 13 May 08:00", "message", None),
    ]


def test_an_older_hearing_that_arrives_late_is_never_told() -> None:
    story = Story(f"{DAY} 09:00", victim=VICTIM)
    hearing = {"hearing_id": "h1", "court": "Example", "purpose": "trial"}
    new, old = "2026-10-19T10:00:00+01:00", "2026-10-12T10:00:00+01:00"
    story.event("court.hearing_changed", f"{DAY} 10:00", id="new", starts_at=new, **hearing)
    story.event(
        "court.hearing_listed",
        f"{DAY} 12:00",
        id="old",
        starts_at=old,
        occurred_at="2026-05-11T09:00:00+01:00",
        **hearing,
    )
    lines = story.run("2026-05-13 12:00")
    assert lines.told("event_id", what="message") == [("new",)]
    assert lines.told("event_id", "reason", what="suppressed") == [("old", "older")]


def test_an_event_before_its_case_is_told_when_the_case_is_known() -> None:
    story = Story(f"{DAY} 11:00", victim=VICTIM)
    story.event("case.suspect_arrested", f"{DAY} 09:00", id="early")
    line = story.run("2026-05-13 12:00", whole=True).one(what="message")
    assert (line["at"], line["event_ids"]) == ("2026-05-12T11:00:00+01:00", ["early", "reg-v1"])


def test_a_later_victim_hears_what_is_not_expired() -> None:
    story = Story(f"{DAY} 09:00", victim=VICTIM)
    story.event("case.suspect_arrested", f"{DAY} 10:00", id="expired")
    story.event("case.charged", "2026-05-21 10:00", id="still due", offences=["burglary"])
    other = {"id": "q1", "channel": "sms", "address": "07700 900999"}
    story.registered("2026-05-22 12:00", victim_id="v2", points=(other,))
    lines = story.run("2026-05-22 18:00", whole=True)
    assert lines.told("event_ids", what="message", person_id="v2") == [(["still due", "reg-v2"],)]
    assert lines.told("event_id", "reason", what="suppressed", person_id="v2") == [("expired", "expired")]


def test_backfill_is_recorded_and_never_told() -> None:
    story = Story(f"{DAY} 09:00", victim=VICTIM)
    story.event("case.suspect_arrested", f"{DAY} 10:00", backfill=True)
    assert story.run("2026-05-13 12:00") == []


def test_who_wants_nothing_leaves_a_person_to_decide_about_the_duty() -> None:
    story = Story(f"{DAY} 09:00", victim={**VICTIM, "contract": {"wants": "none"}})
    lines = story.event("case.suspect_arrested", f"{DAY} 10:00").run("2026-05-13 12:00")
    assert lines.told("what", "reason", "deadline") == [
        ("suppressed", "wants_none", "Tue 19 May 23:59"),
        ("task", "withdrew", "Tue 19 May 23:59"),
    ]


def test_only_key_events_leaves_progress_out() -> None:
    story = Story(f"{DAY} 09:00", victim={**VICTIM, "contract": {"wants": "key_events"}})
    story.event("case.progress", f"{DAY} 10:00", text="We sent the glove for tests.")
    story.event("case.suspect_arrested", f"{DAY} 12:00", id="arrest")
    lines = story.run("2026-06-30 12:00")
    assert lines.told("what", "reason", "event_type") == [
        ("suppressed", "key_events_only", "case.progress"),
        ("message", None, "case.suspect_arrested"),
        ("delivered", None, "case.suspect_arrested"),
    ]
