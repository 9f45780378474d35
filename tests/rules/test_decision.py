from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from notifier.records import (
    CaseEvent,
    ChannelName,
    CourtesyContent,
    Form,
    FullTextBy,
    Needs,
    Role,
    StaffRequest,
    TaskKind,
    Tone,
    Wording,
)
from notifier.rules.decision import (
    Cancel,
    Decision,
    Hold,
    NoWay,
    Outcome,
    Part,
    Send,
    Situation,
    Suppress,
    decide,
)
from tests.builders import (
    AN_ARREST,
    SHIPPED,
    a_case,
    a_contract,
    a_policy,
    a_policy_where,
    a_situation,
    a_victim,
    a_window,
    an_event,
    at,
    call,
    email,
    letter,
    sms,
)

MORNING = "Wed 1 Apr 2026 09:30"
NIGHT = "Wed 1 Apr 2026 03:00"
EVENINGS = a_window("18:00", "20:00", "mon tue wed thu fri")
SUNDAYS = a_window("10:00", "12:00", "sun")
RELEASED = "case.suspect_released"
NO_FURTHER_ACTION = "case.no_further_action"
HEARING = "court.hearing_listed"
AT_RISK = a_case(suspect_known=True)
TALKED = at("Wed 1 Apr 2026 11:00")
DISCREET = Needs(discreet=True)


def decided(situation: Situation, now: str = MORNING) -> Decision:
    return decide(situation, SHIPPED, at(now))


def about(event: CaseEvent, *points: Any, **changes: Any) -> Situation:
    """Return the situation of a notice to a victim with these contact points, all of them agreed."""
    channels = tuple(dict.fromkeys(point.channel.value for point in points))
    contract = a_contract(*channels, **changes.pop("contract", {}))
    victim = a_victim(*points, contract=contract, **changes.pop("victim", {}))
    return a_situation(event, victim=victim, **changes)


def parts(decision: Decision) -> tuple[Part, ...]:
    assert isinstance(decision.outcome, Send), decision.outcome
    return decision.outcome.parts


def sent_at(decision: Decision) -> Any:
    assert isinstance(decision.outcome, Send), decision.outcome
    return decision.outcome.at


def asked(decision: Decision) -> set[str]:
    """Return what staff are asked: kinds of tasks and reasons of escalations."""
    return {f"task {ask.kind}" if ask.kind else f"escalation {ask.reason}" for ask in decision.asks}


def task(decision: Decision, kind: TaskKind) -> StaffRequest:
    (found,) = (ask for ask in decision.asks if ask.kind is kind)
    return found


def escalation(decision: Decision, reason: str) -> StaffRequest:
    (found,) = (ask for ask in decision.asks if ask.kind is None and ask.reason == reason)
    return found


def is_told_at_once_by_a_person(decision: Decision, now: str = MORNING) -> bool:
    """Tell whether a person must tell her now, and the escalation at safety pace is open from the start."""
    if not {"task tell_in_person", "escalation tell_in_person"} <= asked(decision):
        return False
    tell, told = task(decision, TaskKind.TELL_IN_PERSON), escalation(decision, "tell_in_person")
    return tell.deadline == at(now) and tell.safety and told.safety and told.level == 1


def test_an_ordinary_notice_goes_now_by_the_first_channel_in_full() -> None:
    first, second = sms(), email()
    decision = decided(about(an_event(AN_ARREST), first, second))
    assert decision.outcome == Send(at(MORNING), (Part(first, Wording.FULL),))
    assert decision.tone is Tone.ROUTINE
    assert decision.deadline == at("Fri 10 Apr 2026 23:59:59")
    assert decision.asks == ()


def test_every_decision_says_why() -> None:
    arrest, bad = an_event(AN_ARREST), an_event(NO_FURTHER_ACTION)
    enhanced = {"enhanced": True}
    situations = [
        about(arrest, sms()),
        about(arrest),
        about(arrest, sms(), retracted=True),
        about(bad, sms(), victim=enhanced),
        about(bad, sms(), victim=enhanced, told_in_person_at=TALKED),
        a_situation(None, courtesy=CourtesyContent()),
    ]
    assert all(decided(situation).why for situation in situations)


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        decide(a_situation(an_event(AN_ARREST)), SHIPPED, at(MORNING).replace(tzinfo=None))


ARREST = an_event(AN_ARREST)
PROGRESS = an_event("case.progress")
ASSIGNED = an_event("officer.assigned")
BAD = an_event(NO_FURTHER_ACTION)
NAMED = an_event("case.progress", text="Jo Bloggs was asked.")


@pytest.mark.parametrize(
    ("event", "changes", "expected", "reason"),
    [
        (ARREST, {"retracted": True}, Cancel("retracted"), "it was wrong"),
        (ARREST, {"told_in_person_at": TALKED}, Cancel("told_by_person"), "routine: she knows already"),
        (ARREST, {"superseded": True}, Cancel("superseded"), "a newer one of the same subject"),
        (ARREST, {"older_than_told": True}, Suppress("older"), "she was told something newer"),
        (ARREST, {"victim": {"withdrew": True}}, Suppress("withdrew"), "she wants no more"),
        (ARREST, {"contract": {"wants": "none"}}, Suppress("wants_none"), "she wants nothing"),
        (PROGRESS, {"contract": {"wants": "key_events"}}, Suppress("key_events_only"), "not a key event"),
        (ASSIGNED, {"contract": {"wants": "key_events"}}, Suppress("key_events_only"), "not a key event"),
    ],
)
def test_what_must_not_go(event: CaseEvent, changes: dict[str, Any], expected: Outcome, reason: str) -> None:
    assert decided(about(event, sms(), **changes)).outcome == expected, reason


def test_key_events_are_told_to_those_who_want_only_them() -> None:
    decision = decided(about(ARREST, sms(), contract={"wants": "key_events"}))
    assert isinstance(decision.outcome, Send)


@pytest.mark.parametrize(
    "changes", [{"victim": {"withdrew": True}}, {"contract": {"wants": "none"}}], ids=["withdrew", "none"]
)
def test_a_duty_that_she_does_not_want_told_is_a_persons_decision(changes: dict[str, Any]) -> None:
    decision = decided(about(ARREST, sms(), **changes))
    assert asked(decision) == {"task withdrew"}
    assert task(decision, TaskKind.WITHDREW).deadline == decision.deadline


@pytest.mark.parametrize(
    "changes",
    [{"victim": {"withdrew": True}}, {"contract": {"wants": "none"}}, {"contract": {"wants": "key_events"}}],
    ids=["withdrew", "none", "key_events"],
)
def test_a_courtesy_update_that_waits_is_not_sent_to_one_who_wants_none(changes: dict[str, Any]) -> None:
    situation = about(ARREST, sms(), **changes)
    waiting = a_situation(None, victim=situation.victim, courtesy=CourtesyContent(last_event=ARREST))
    assert isinstance(decided(waiting).outcome, Suppress)


# Timing (rules, section 2)


@pytest.mark.parametrize(
    ("now", "contract", "expected", "reason"),
    [
        (MORNING, {}, MORNING, "the default window is open"),
        (NIGHT, {}, "Wed 1 Apr 2026 08:00", "never at night"),
        (MORNING, {"windows": (EVENINGS,)}, "Wed 1 Apr 2026 18:00", "her evening"),
        (MORNING, {"windows": (SUNDAYS,)}, "Sun 5 Apr 2026 10:00", "before the deadline on Friday week"),
    ],
)
def test_a_routine_notice_goes_in_her_windows(
    now: str, contract: dict[str, Any], expected: str, reason: str
) -> None:
    decision = decided(about(an_event(AN_ARREST, now), sms(), contract=contract), now)
    assert sent_at(decision) == at(expected), reason


def test_with_enhanced_rights_the_deadline_comes_before_her_window() -> None:
    situation = about(ARREST, sms(), contract={"windows": (SUNDAYS,)}, victim={"enhanced": True})
    decision = decided(situation)
    assert sent_at(decision) == at(MORNING)
    assert [line for line in decision.why if "default window" in line]


def test_strict_windows_hold_and_a_person_must_act() -> None:
    strict = {"windows": (SUNDAYS,), "windows_strict": True}
    decision = decided(about(ARREST, sms(), contract=strict, victim={"enhanced": True}))
    assert sent_at(decision) == at("Sun 5 Apr 2026 10:00")
    assert asked(decision) == {"task cannot_meet_window"}
    assert task(decision, TaskKind.CANNOT_MEET_WINDOW).deadline == decision.deadline


@pytest.mark.parametrize(
    ("last_message", "now", "expected", "reason"),
    [
        ("Wed 1 Apr 2026 09:20", MORNING, "Wed 1 Apr 2026 09:50", "half an hour after the last message"),
        ("Wed 1 Apr 2026 09:00", MORNING, MORNING, "half an hour is over"),
        ("Wed 1 Apr 2026 09:30", MORNING, "Wed 1 Apr 2026 10:00", "one has just gone"),
        ("Wed 1 Apr 2026 19:45", "Wed 1 Apr 2026 19:50", "Thu 2 Apr 2026 08:00", "then the window is closed"),
    ],
)
def test_the_gap_after_a_message(last_message: str, now: str, expected: str, reason: str) -> None:
    situation = about(ARREST, sms(), last_message_at=at(last_message))
    assert sent_at(decided(situation, now)) == at(expected), reason


def test_the_gap_is_policy() -> None:
    situation = about(ARREST, sms(), last_message_at=at(MORNING))
    assert sent_at(decide(situation, a_policy(gap=timedelta(0)), at(MORNING))) == at(MORNING)


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        (about(BAD, sms(), last_message_at=at(MORNING)), "bad news is not routine"),
        (
            about(an_event(RELEASED), sms(), case=AT_RISK, last_message_at=at(MORNING)),
            "safety is not routine",
        ),
        (about(ARREST, sms(), fallback=True, last_message_at=at(MORNING)), "that message did not arrive"),
    ],
)
def test_what_does_not_wait_for_the_gap(situation: Situation, reason: str) -> None:
    assert sent_at(decided(situation)) == at(MORNING), reason


def a_hearing(received: str, starts: str) -> CaseEvent:
    return an_event(HEARING, received, starts_at=at(starts).isoformat())


def test_a_moment_tomorrow_is_told_by_eight_this_evening() -> None:
    hearing = a_hearing(MORNING, "Thu 2 Apr 2026 10:00")
    late = a_window("20:00", "22:00")
    decision = decided(about(hearing, sms(), contract={"windows": (late,)}))
    assert decision.deadline == at("Wed 1 Apr 2026 20:00")
    assert sent_at(decision) == at("Wed 1 Apr 2026 20:00"), "the very second of the deadline is in time"


@pytest.mark.parametrize(
    ("now", "starts", "expected"),
    [
        (MORNING, "Wed 1 Apr 2026 14:00", MORNING),
        ("Wed 1 Apr 2026 22:00", "Thu 2 Apr 2026 14:00", "Thu 2 Apr 2026 08:00"),
    ],
)
def test_a_moment_that_is_too_near_is_told_at_once_and_a_person_calls(
    now: str, starts: str, expected: str
) -> None:
    decision = decided(about(a_hearing(now, starts), sms(), contract={"windows": (EVENINGS,)}), now)
    assert sent_at(decision) == at(expected)
    assert asked(decision) == {"task call_back"}


def test_strict_windows_hold_for_a_moment_that_is_near_too() -> None:
    strict = {"windows": (EVENINGS,), "windows_strict": True}
    decision = decided(about(a_hearing(MORNING, "Wed 1 Apr 2026 14:00"), sms(), contract=strict))
    assert sent_at(decision) == at("Wed 1 Apr 2026 18:00")
    assert "task call_back" in asked(decision)


@pytest.mark.parametrize(
    ("now", "expected"),
    [("Wed 15 Apr 2026 10:00", "Wed 15 Apr 2026 10:00"), ("Wed 15 Apr 2026 23:00", "Thu 16 Apr 2026 08:00")],
)
def test_late_on_arrival_goes_at_once_and_is_escalated(now: str, expected: str) -> None:
    late = an_event(AN_ARREST, MORNING, received=now)
    decision = decided(about(late, sms(), contract={"windows": (EVENINGS,)}), now)
    assert sent_at(decision) == at(expected)
    assert asked(decision) == {"escalation late_on_arrival"}
    assert escalation(decision, "late_on_arrival").level == 1


def test_a_notice_that_became_late_on_our_side_did_not_arrive_late() -> None:
    decision = decided(about(ARREST, sms()), "Wed 15 Apr 2026 10:00")
    assert asked(decision) == set()


# Safety (rules, section 2)


def test_safety_goes_at_any_hour() -> None:
    point = sms()
    decision = decided(about(an_event(RELEASED, NIGHT), point, case=AT_RISK), NIGHT)
    assert decision.tone is Tone.SAFETY
    assert decision.outcome == Send(at(NIGHT), (Part(point, Wording.FULL),))
    assert decision.asks == ()


def test_the_same_event_is_routine_where_nobody_is_at_risk() -> None:
    decision = decided(about(an_event(RELEASED, NIGHT), sms()), NIGHT)
    assert decision.tone is Tone.ROUTINE
    assert sent_at(decision) == at("Wed 1 Apr 2026 08:00")


def test_safety_goes_on_to_the_next_channel() -> None:
    first, second = sms(), email()
    situation = about(an_event(RELEASED, NIGHT), first, second, case=AT_RISK)
    first_failed = a_situation(
        situation.event, victim=situation.victim, case=AT_RISK, tried=frozenset({first.pk}), fallback=True
    )
    assert parts(decided(first_failed, NIGHT)) == (Part(second, Wording.FULL),)


def test_safety_waits_for_strict_windows_and_a_person_acts_at_once() -> None:
    strict = {"windows": (EVENINGS,), "windows_strict": True}
    decision = decided(about(an_event(RELEASED, NIGHT), sms(), case=AT_RISK, contract=strict), NIGHT)
    assert sent_at(decision) == at("Wed 1 Apr 2026 18:00")
    assert is_told_at_once_by_a_person(decision, NIGHT)


def test_safety_in_discreet_form_is_told_by_a_person_at_once() -> None:
    situation = about(an_event(RELEASED, NIGHT), sms(), case=AT_RISK, victim={"needs": DISCREET})
    decision = decided(situation, NIGHT)
    assert [part.wording for part in parts(decision)] == [Wording.NEUTRAL]
    assert sent_at(decision) == at(NIGHT)
    assert is_told_at_once_by_a_person(decision, NIGHT)


@pytest.mark.parametrize(
    "changes", [{"victim": {"withdrew": True}}, {"contract": {"wants": "none"}}], ids=["withdrew", "none"]
)
def test_safety_that_is_suppressed_is_told_by_a_person_at_once(changes: dict[str, Any]) -> None:
    decision = decided(about(an_event(RELEASED, NIGHT), sms(), case=AT_RISK, **changes), NIGHT)
    assert isinstance(decision.outcome, Suppress)
    assert is_told_at_once_by_a_person(decision, NIGHT)
    assert "task withdrew" in asked(decision)


def test_safety_told_by_a_person_is_cancelled() -> None:
    decision = decided(about(an_event(RELEASED), sms(), case=AT_RISK, told_in_person_at=TALKED))
    assert decision.outcome == Cancel("told_by_person")


def test_a_call_about_safety_is_made_at_safety_pace() -> None:
    """Section 6: a task without a deadline is overdue after 1 WD, for safety after 30 minutes."""
    names_her = an_event(RELEASED, conditions=["must not contact Jo Bloggs"])
    decision = decided(about(names_her, sms(), case=AT_RISK))
    assert task(decision, TaskKind.CALL_BACK).safety


# Bad news (rules, section 3)


def test_bad_news_by_sms_says_that_there_is_news_and_the_text_goes_by_email_at_the_same_instant() -> None:
    number, mailbox = sms(), email()
    decision = decided(about(BAD, number, mailbox))
    assert decision.tone is Tone.BAD_NEWS
    assert decision.outcome == Send(
        at(MORNING), (Part(number, Wording.NEWS, FullTextBy.EMAIL), Part(mailbox, Wording.FULL))
    )
    assert decision.asks == ()


@pytest.mark.parametrize(
    ("points", "wordings", "by", "asks", "reason"),
    [
        ([sms(), letter()], [Wording.NEWS, Wording.FULL], FullTextBy.LETTER, set(), "the text by letter"),
        ([sms()], [Wording.NEWS], FullTextBy.CALL, {"task call_back"}, "only sms: an officer calls"),
        ([sms(), call()], [Wording.NEWS], FullTextBy.CALL, {"task call_back"}, "the text is not for a call"),
        ([email(), sms()], [Wording.FULL], None, set(), "email first: it says all"),
        ([sms(), email(failed=True)], [Wording.NEWS], FullTextBy.CALL, {"task call_back"}, "email is dead"),
    ],
)
def test_how_bad_news_is_written(
    points: Any, wordings: list[Wording], by: FullTextBy | None, asks: set[str], reason: str
) -> None:
    decision = decided(about(BAD, *points))
    assert [part.wording for part in parts(decision)] == wordings, reason
    assert parts(decision)[0].full_text_by is by, reason
    assert asked(decision) == asks, reason


def test_a_letter_that_needs_written_safety_is_no_way_for_the_text_either() -> None:
    stalking = a_case(offence="stalking")
    progress = an_event("case.progress", text="Jo Bloggs was asked.")
    decision = decided(about(progress, sms(), letter(), case=stalking))
    assert [part.full_text_by for part in parts(decision)] == [FullTextBy.CALL]


@pytest.mark.parametrize(
    "changes",
    [{"victim": {"enhanced": True}}, {"case": a_case(offence="homicide")}],
    ids=["her flag", "a serious offence"],
)
def test_with_enhanced_rights_a_person_tells_bad_news_first(changes: dict[str, Any]) -> None:
    decision = decided(about(an_event("case.closed"), sms(), email(), **changes))
    assert decision.outcome == Hold("person_first")
    assert asked(decision) == {"task tell_in_person"}
    tell = task(decision, TaskKind.TELL_IN_PERSON)
    assert tell.deadline == decision.deadline == at("Thu 2 Apr 2026 23:59:59")
    assert not tell.safety


@pytest.mark.parametrize(
    ("points", "expected", "reason"),
    [
        ([sms(), email(), letter()], ChannelName.EMAIL, "never sms: the next in her order"),
        ([sms(), letter(), email()], ChannelName.LETTER, "never sms: the next in her order"),
        ([email()], ChannelName.EMAIL, "mail form"),
    ],
)
def test_after_the_talk_the_written_notice_follows(points: Any, expected: ChannelName, reason: str) -> None:
    situation = about(BAD, *points, victim={"enhanced": True}, told_in_person_at=TALKED)
    (part,) = parts(decided(situation, "Wed 1 Apr 2026 11:00"))
    assert (part.point.channel, part.wording) == (expected, Wording.FULL), reason


@pytest.mark.parametrize("points", [[sms()], [sms(), call()]], ids=["sms", "sms and calls"])
def test_after_the_talk_nothing_follows_by_sms(points: Any) -> None:
    situation = about(BAD, *points, victim={"enhanced": True}, told_in_person_at=TALKED)
    assert decided(situation).outcome == Suppress("told_in_person")


def test_after_the_talk_the_written_notice_goes_in_her_windows() -> None:
    strict = {"windows": (SUNDAYS,), "windows_strict": True}
    situation = about(BAD, email(), victim={"enhanced": True}, contract=strict, told_in_person_at=TALKED)
    decision = decided(situation)
    assert sent_at(decision) == at("Sun 5 Apr 2026 10:00")
    assert decision.asks == (), "she was told in time: no window is missed"


IN_CUSTODY = an_event(AN_ARREST, "Tue 31 Mar 2026 09:30")


@pytest.mark.parametrize(
    ("points", "enhanced"),
    [([sms(), email()], True), ([sms(), email()], False), ([], False)],
    ids=["enhanced rights", "standard rights", "no way to write to her"],
)
def test_bad_news_that_frees_the_suspect_is_told_by_a_person_at_once(points: Any, enhanced: bool) -> None:
    situation = about(BAD, *points, victim={"enhanced": enhanced}, history=(IN_CUSTODY, BAD))
    assert is_told_at_once_by_a_person(decided(situation))


def test_once_a_person_has_told_it_nobody_is_asked_again() -> None:
    situation = about(BAD, email(), history=(IN_CUSTODY, BAD), told_in_person_at=TALKED)
    assert decided(situation).asks == ()


@pytest.mark.parametrize(
    ("case", "points"),
    [
        (a_case(offence="sexual_offence"), [email()]),
        (a_case(offence="violence", fatal=True), [email()]),
        (a_case(offence="violence", fatal=True), []),
    ],
    ids=["a person tells it", "written", "no way to write to her"],
)
def test_a_meeting_is_offered(case: Any, points: Any) -> None:
    assert "task offer_meeting" in asked(decided(about(BAD, *points, case=case)))


# Free text and discretion (rules, section 3)


@pytest.mark.parametrize(
    ("points", "wordings", "by", "asks"),
    [
        ([sms(), email()], [Wording.POINTER, Wording.FULL], FullTextBy.EMAIL, set()),
        ([sms(), letter()], [Wording.POINTER, Wording.FULL], FullTextBy.LETTER, set()),
        ([sms()], [Wording.POINTER], FullTextBy.CALL, {"task call_back"}),
        ([email(), sms()], [Wording.FULL], None, set()),
    ],
)
def test_free_text_that_does_not_suit_an_sms(
    points: Any, wordings: list[Wording], by: FullTextBy | None, asks: set[str]
) -> None:
    decision = decided(about(NAMED, *points))
    assert [part.wording for part in parts(decision)] == wordings
    assert parts(decision)[0].full_text_by is by
    assert asked(decision) == asks


def test_free_text_that_suits_an_sms_goes_in_it() -> None:
    decision = decided(about(an_event("case.progress"), sms(), email()))
    assert [part.wording for part in parts(decision)] == [Wording.FULL]


def test_what_a_courtesy_update_quotes_must_suit_too() -> None:
    named = CourtesyContent(last_event=NAMED)
    victim = a_victim(sms(), email())
    decision = decided(a_situation(None, victim=victim, courtesy=named))
    assert [part.wording for part in parts(decision)] == [Wording.POINTER, Wording.FULL]


@pytest.mark.parametrize("event", [ARREST, PROGRESS, an_event("victim.registered")], ids=lambda e: e.type)
@pytest.mark.parametrize("point", [sms(), email(), letter(safe_written=True)], ids=lambda p: p.channel)
def test_discreet_is_neutral_on_every_channel(event: CaseEvent, point: Any) -> None:
    decision = decided(about(event, point, victim={"needs": DISCREET}))
    assert parts(decision) == (Part(point, Wording.NEUTRAL),)


# A channel that is none of ours is judged by its facts; here it stands where email stands


AN_APP = a_policy_where(ChannelName.EMAIL, form=Form.SHORT, lock_screen=True, gives_receipts=True)


@pytest.mark.parametrize(
    ("event", "points", "wordings", "by", "reason"),
    [
        (PROGRESS, [email()], [Wording.FULL], None, "its text suits"),
        (NAMED, [email()], [Wording.POINTER], FullTextBy.CALL, "a name does not show on a lock screen"),
        (BAD, [email()], [Wording.NEWS], FullTextBy.CALL, "nor does bad news"),
        (BAD, [sms(), email()], [Wording.NEWS], FullTextBy.CALL, "nor does it carry the text after an sms"),
        (BAD, [email(), letter()], [Wording.NEWS, Wording.FULL], FullTextBy.LETTER, "the text by letter"),
    ],
)  # fmt: skip
def test_a_channel_of_the_short_form_is_treated_like_an_sms(
    event: CaseEvent, points: Any, wordings: list[Wording], by: FullTextBy | None, reason: str
) -> None:
    decision = decide(about(event, *points), AN_APP, at(MORNING))
    assert [part.wording for part in parts(decision)] == wordings, reason
    assert parts(decision)[0].full_text_by is by, reason


@pytest.mark.parametrize(("form", "by"), [(Form.MAIL, FullTextBy.EMAIL), (Form.LETTER, FullTextBy.LETTER)])
def test_the_form_says_how_the_full_text_comes(form: Form, by: FullTextBy) -> None:
    policy = a_policy_where(ChannelName.EMAIL, form=form)
    decision = decide(about(BAD, sms(), email(safe_written=True)), policy, at(MORNING))
    assert [part.wording for part in parts(decision)] == [Wording.NEWS, Wording.FULL]
    assert parts(decision)[0].full_text_by is by


# Contact points (rules, section 3)


def test_a_point_is_judged_on_the_day_of_the_sending() -> None:
    ends_today = sms(valid_until=at(MORNING).date())
    situation = about(ARREST, ends_today, email(), contract={"windows": (SUNDAYS,)})
    assert parts(decided(situation))[0].point.channel == "email"


def test_a_partys_address_is_shown_and_the_next_channel_used() -> None:
    shared, mailbox = sms(on_party_file=True), email()
    decision = decided(about(ARREST, shared, mailbox))
    assert decision.blocked == (shared,)
    assert parts(decision) == (Part(mailbox, Wording.FULL),)


def test_a_partys_address_is_shown_too_where_only_the_full_text_would_go_there() -> None:
    shared = email(on_party_file=True)
    decision = decided(about(BAD, sms(), shared))
    assert decision.blocked == (shared,)
    assert [part.full_text_by for part in parts(decision)] == [FullTextBy.CALL]


def test_where_the_representative_is_blocked_nothing_goes_to_the_victim() -> None:
    shared = sms(on_party_file=True)
    decision = decided(about(ARREST, shared, victim={"role": Role.REPRESENTATIVE}))
    assert decision.outcome == NoWay()
    assert decision.blocked == (shared,)


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([], "she has none"),
        ([sms(safe=False)], "not safe"),
        ([sms(failed=True), email(failed=True)], "all failed"),
    ],
)
def test_with_nothing_left_there_is_no_way(points: Any, reason: str) -> None:
    assert decided(about(ARREST, *points)).outcome == NoWay("no_contact"), reason


def test_when_everything_was_tried_there_is_no_way() -> None:
    first, second = sms(), email()
    tried = frozenset({first.pk, second.pk})
    assert decided(about(ARREST, first, second, tried=tried, fallback=True)).outcome == NoWay()


def test_a_full_text_that_failed_goes_by_the_next_way_that_can_carry_it() -> None:
    number, mailbox, post = sms(), email(), letter()
    situation = about(
        BAD, number, mailbox, post, full_only=True, fallback=True, tried=frozenset({mailbox.pk})
    )
    assert parts(decided(situation)) == (Part(post, Wording.FULL),)


def test_a_full_text_that_nothing_can_carry_is_told_by_a_call() -> None:
    number, mailbox = sms(), email()
    situation = about(BAD, number, mailbox, full_only=True, fallback=True, tried=frozenset({mailbox.pk}))
    decision = decided(situation)
    assert decision.outcome == Suppress("full_text_by_call")
    assert asked(decision) == {"task call_back"}
