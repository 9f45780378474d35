"""Which channel a notice takes, and what follows when one fails or stays silent (rules, section 3)."""

from __future__ import annotations

import pytest

from tests.stories.story import EMAIL, LETTER, NUMBER, SMS, Story

DAY = "2026-05-12"  # a Tuesday
BOTH = {"points": (SMS, EMAIL)}
FROM_NOON = {"start": f"{DAY} 12:00"}


def arrested(story: Story) -> Story:
    return story.event("case.suspect_arrested", f"{DAY} 14:00", id="arrest")


@pytest.mark.parametrize(
    ("outcome", "lines"),
    [
        # A dead number: the email goes at the same moment.
        (
            "failed",
            [
                ("Tue 12 May 14:00", "message", "sms"),
                ("Tue 12 May 14:00", "failed", "sms"),
                ("Tue 12 May 14:00", "message", "email"),
                ("Tue 12 May 14:00", "delivered", "email"),
            ],
        ),
        # No receipt within four hours is a failure for an SMS.
        (
            "no_receipt",
            [
                ("Tue 12 May 14:00", "message", "sms"),
                ("Tue 12 May 18:00", "unconfirmed", "sms"),
                ("Tue 12 May 18:00", "message", "email"),
                ("Tue 12 May 18:00", "delivered", "email"),
            ],
        ),
        # A temporary failure is tried again after 5, 15 and 60 minutes, then the next channel follows.
        (
            "temporary",
            [
                ("Tue 12 May 15:20", "failed", "sms"),
                ("Tue 12 May 15:20", "message", "email"),
                ("Tue 12 May 15:20", "delivered", "email"),
            ],
        ),
        # Nobody knows whether it went out: a person checks, nothing is sent again.
        ("unknown", [("Tue 12 May 14:00", "message", "sms"), ("Tue 12 May 14:00", "task", None)]),
    ],
)
def test_an_sms_that_does_not_arrive(outcome: str, lines: list[tuple[str, ...]]) -> None:
    story = arrested(Story(f"{DAY} 09:00", victim=BOTH)).outcome(NUMBER, outcome, **FROM_NOON)
    assert story.run("2026-05-13 12:00").told("at", "what", "channel") == lines


def test_silence_in_the_evening_waits_for_the_morning_window() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH).outcome(NUMBER, "no_receipt", **FROM_NOON)
    lines = story.event("case.suspect_arrested", f"{DAY} 17:00").run("2026-05-13 12:00")
    assert lines.told("at", what="message", channel="email") == [("Wed 13 May 08:00",)]


def test_a_mailbox_without_receipts_counts_as_told() -> None:
    story = arrested(Story(f"{DAY} 09:00", victim={"points": (EMAIL, SMS)}))
    lines = story.outcome("jo@example.org", "no_receipt").run("2026-05-14 12:00")
    assert lines.told("at", "what", "channel") == [
        ("Tue 12 May 14:00", "message", "email"),
        ("Wed 13 May 14:00", "delivered", "email"),
    ]


def test_nothing_left_escalates_and_asks_for_another_way() -> None:
    story = arrested(Story(f"{DAY} 09:00", victim=BOTH))
    story.outcome(NUMBER, "failed", **FROM_NOON).outcome("jo@example.org", "failed", **FROM_NOON)
    lines = story.run("2026-05-14 15:00")
    assert lines.told("at", "level", "role", what="escalation", reason="no_contact") == [
        ("Tue 12 May 14:00", 1, "officer"),
        ("Wed 13 May 14:00", 2, "supervisor"),
        ("Thu 14 May 14:00", 3, "unit"),
    ]
    assert lines.one(what="task", kind="find_contact")["at"] == "2026-05-12T14:00:00+01:00"


def test_a_number_that_failed_for_good_is_not_used_again_until_it_is_confirmed() -> None:
    story = arrested(Story(f"{DAY} 09:00", victim=BOTH))
    story.outcome(NUMBER, "failed", start=f"{DAY} 12:00", until=f"{DAY} 15:00")
    story.event("case.charged", f"{DAY} 16:00", id="charge", offences=["burglary"])
    story.event("victim.updated", f"{DAY} 17:00", victim_id="v1", contact_points=[SMS])
    story.event("case.suspect_interviewed", f"{DAY} 18:00", id="interview")
    lines = story.run("2026-05-13 12:00")
    assert lines.told("event_id", "channel", what="delivered") == [
        ("arrest", "email"),
        ("charge", "email"),
        ("interview", "sms"),
    ]


def test_a_new_number_gets_the_notice_that_nothing_could_carry() -> None:
    story = arrested(Story(f"{DAY} 09:00", victim={"points": (SMS,)})).outcome(NUMBER, "failed", **FROM_NOON)
    new = {**SMS, "address": "07700 900456"}
    story.event("victim.updated", f"{DAY} 16:00", victim_id="v1", contact_points=[new])
    lines = story.run("2026-05-13 12:00")
    assert lines.told("at", "address", what="delivered") == [("Tue 12 May 16:00", "+447700900456")]


@pytest.mark.parametrize("written", ["07700 900123", "+44 7700 900123", "0044 (0)7700 900 123"])
def test_never_to_a_number_that_a_suspect_has_too(written: str) -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    theirs = {"id": "x", "channel": "sms", "address": written}
    story.event("case.party_recorded", f"{DAY} 10:00", role="suspect", contact_points=[theirs])
    lines = arrested(story).run("2026-05-13 12:00")
    assert lines.told("what", "reason", "channel") == [
        ("suppressed", "party_contact_point", None),
        ("task", "check_safety", None),
        ("message", None, "email"),
        ("delivered", None, "email"),
    ]


def test_a_party_who_is_also_the_victim_keeps_her_own_number() -> None:
    story = Story(f"{DAY} 09:00", victim=BOTH)
    story.event("case.party_recorded", f"{DAY} 10:00", role="witness", victim_id="v1", contact_points=[SMS])
    assert arrested(story).run("2026-05-13 12:00").told("channel", what="delivered") == [("sms",)]


def test_a_representative_whose_points_are_blocked_is_not_replaced_by_the_victim() -> None:
    theirs = {"id": "r1", "channel": "sms", "address": "07700 900777"}
    needs = {"representative": {"name": "Alex Roe", "contact_points": [theirs]}}
    story = Story(f"{DAY} 09:00", victim={**BOTH, "needs": needs})
    story.event("case.party_recorded", f"{DAY} 10:00", role="defendant", contact_points=[theirs])
    lines = arrested(story).run(f"{DAY} 20:00")
    assert lines.told("what", what="message") == []
    assert lines.told("kind", what="task") == [("check_safety",), ("find_contact",)]


@pytest.mark.parametrize(
    ("offence", "safe", "channel"),
    [("burglary", {}, "letter"), ("stalking", {}, "email"), ("stalking", {"safe": True}, "letter")],
)
def test_a_letter_to_a_home_at_risk_needs_the_written_word(
    offence: str, safe: dict[str, bool], channel: str
) -> None:
    victim = {"points": ({**LETTER, **safe}, EMAIL)}
    lines = arrested(Story(f"{DAY} 09:00", victim=victim, offence=offence)).run("2026-05-13 12:00")
    assert lines.told("channel", what="message") == [(channel,)]


def test_a_victim_who_wants_a_call_is_called_by_a_person() -> None:
    number = {"id": "c1", "channel": "call", "address": "01632 960555"}
    story = arrested(Story(f"{DAY} 09:00", victim={"points": (number, EMAIL)}))
    story.event(
        "contact.recorded",
        f"{DAY} 16:00",
        victim_id="v1",
        by="off1",
        method="phone",
        outcome="spoke",
        about=["arrest"],
    )
    lines = story.run("2026-05-26 12:00")
    assert lines.told("kind", "deadline", what="task") == [("call_back", "Tue 19 May 23:59")]
    assert lines.told("what", what="escalation", event_id="arrest") == []


def test_what_was_pointed_to_together_waits_together_for_its_full_text() -> None:
    """While the email is refused for a time, no second SMS tells the acknowledgement once more."""
    story = Story(f"{DAY} 09:00", victim=BOTH)
    story.event("court.special_measures", f"{DAY} 09:00", id="help", outcome="Jo Bloggs was named.")
    story.outcome(EMAIL["address"], "temporary")
    lines = story.run(f"{DAY} 18:00", whole=True)
    assert lines.told("channel", "event_ids", what="message") == [("sms", ["reg-v1", "help"])]
    assert lines.told("channel", "event_ids", what="failed") == [("email", ["reg-v1", "help"])]
    assert lines.told("kind", what="task") == [("call_back",), ("call_back",)]


def test_a_try_in_other_words_takes_the_place_of_the_one_before() -> None:
    """Her number refuses for a time; meanwhile she asks to be discreet. The notice must not wait for ever."""
    story = arrested(Story(f"{DAY} 09:00", victim={}))
    story.event("victim.updated", f"{DAY} 14:10", victim_id="v1", needs={"discreet": True})
    story.outcome(NUMBER, "temporary", start=f"{DAY} 12:00", until="2026-05-13 12:00")
    lines = story.run("2026-05-14 12:00")
    assert lines.told("reason", what="escalation", event_id="arrest") == [("no_contact",), ("no_contact",)]
