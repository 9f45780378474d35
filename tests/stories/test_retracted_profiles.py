"""What a publisher says of a victim or a case and takes back: nothing may rest on it (rules, section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stories.story import EMAIL, NUMBER, SMS, Lines, Story

DAY = "2026-05-12"
WRONG = {**SMS, "address": "07700 900999"}
WRONG_NUMBER = "+447700900999"


def a_case(**victim: Any) -> Story:
    return Story(f"{DAY} 09:00", victim=victim)


def retracted(story: Story, at: str, id: str, case_id: str = "c1") -> Story:
    return story.event("event.retracted", at, case_id=case_id, source="urn:example:records", id_=id)


def addresses(lines: Lines, event_type: str = "case.suspect_arrested") -> list[str]:
    return [
        line["address"] for line in lines if line["what"] == "message" and line["event_type"] == event_type
    ]


def test_a_wrong_number_that_was_taken_back_is_not_used() -> None:
    story = a_case().event("victim.updated", f"{DAY} 10:00", id="upd", victim_id="v1", contact_points=[WRONG])
    retracted(story, f"{DAY} 11:00", "upd").event("case.suspect_arrested", f"{DAY} 12:00")
    assert addresses(story.run("2026-05-13 12:00")) == [NUMBER]


def test_what_waits_is_decided_anew() -> None:
    story = a_case().event("victim.updated", f"{DAY} 10:00", id="upd", victim_id="v1", contact_points=[WRONG])
    story.event("case.suspect_arrested", f"{DAY} 21:00")
    retracted(story, f"{DAY} 22:00", "upd")
    assert addresses(story.run("2026-05-13 12:00")) == [NUMBER]


def test_a_retraction_that_comes_first_counts_too() -> None:
    story = retracted(a_case(), f"{DAY} 09:30", "upd")
    story.event("victim.updated", f"{DAY} 10:00", id="upd", victim_id="v1", contact_points=[WRONG])
    story.event("case.suspect_arrested", f"{DAY} 12:00")
    assert addresses(story.run("2026-05-13 12:00")) == [NUMBER]


def test_only_its_own_source_takes_an_update_back() -> None:
    story = a_case().event("victim.updated", f"{DAY} 10:00", id="upd", victim_id="v1", contact_points=[WRONG])
    story.event(
        "event.retracted",
        f"{DAY} 11:00",
        publisher="urn:example:court",
        source="urn:example:records",
        id_="upd",
    )
    story.event("case.suspect_arrested", f"{DAY} 12:00")
    assert addresses(story.run("2026-05-13 12:00")) == [WRONG_NUMBER]


def test_a_withdrawn_agreement_holds_in_her_other_case() -> None:
    story = a_case()
    story.event(
        "case.opened", f"{DAY} 09:00", case_id="c2", offence="theft", force="Example", reference="EX/2/26"
    )
    story.event("victim.registered", f"{DAY} 09:00", case_id="c2", victim_id="v1")
    story.event("victim.updated", f"{DAY} 10:00", id="upd", victim_id="v1", contact_points=[WRONG])
    story.event("case.suspect_arrested", f"{DAY} 21:00", case_id="c2")
    retracted(story, f"{DAY} 22:00", "upd")
    assert addresses(story.run("2026-05-13 12:00")) == [NUMBER]


def test_what_is_left_and_not_whole_is_not_used_and_staff_hear() -> None:
    story = a_case().event("victim.updated", f"{DAY} 10:00", id="upd", victim_id="v1", contact_points=[EMAIL])
    story.event("victim.updated", f"{DAY} 10:30", victim_id="v1", contact_points=[{"id": "p2", "safe": True}])
    retracted(story, f"{DAY} 11:00", "upd").event("case.suspect_arrested", f"{DAY} 12:00")
    lines = story.run("2026-05-13 12:00")
    assert addresses(lines) == []
    assert lines.told("reason", what="escalation", event_type="case.suspect_arrested") == [("no_contact",)]
    story.event("victim.updated", "2026-05-13 09:00", victim_id="v1", contact_points=[EMAIL])
    assert addresses(story.run("2026-05-13 12:00")) == [NUMBER]


def test_nobody_is_told_of_a_case_of_which_she_is_no_victim() -> None:
    story = a_case().event("case.suspect_arrested", f"{DAY} 21:00", id="arrest")
    retracted(story, f"{DAY} 22:00", "reg-v1").event("case.suspect_interviewed", f"{DAY} 22:30")
    lines = story.run("2026-06-30 12:00", whole=True)
    assert addresses(lines) == []
    assert lines.told("event_id", what="cancelled", reason="retracted") == [("arrest",)]
    # The acknowledgement went to somebody whom it did not concern: a person puts that right.
    assert lines.told("kind", what="task", event_id="reg-v1") == [("correction",)]
    assert not lines.told("at", event_type="courtesy")
    assert not lines.told("at", what="prompt")


def test_a_registration_that_is_published_again_brings_back_what_waited() -> None:
    story = a_case(points=(WRONG,)).event("case.suspect_arrested", f"{DAY} 21:00", id="arrest")
    retracted(story, f"{DAY} 22:00", "reg-v1")
    story.event("victim.registered", f"{DAY} 23:00", id="again", victim_id="v1", contact_points=[SMS])
    lines = story.run("2026-05-13 12:00", whole=True)
    assert lines.told("address", "event_ids", what="message") == [
        (WRONG_NUMBER, ["reg-v1"]),
        (NUMBER, ["arrest", "again"]),
    ]


def test_a_second_registration_stands_in_for_the_first() -> None:
    story = a_case(points=(WRONG,))
    story.event("victim.registered", f"{DAY} 09:30", id="again", victim_id="v1", contact_points=[SMS])
    retracted(story, f"{DAY} 10:00", "reg-v1").event("case.suspect_arrested", f"{DAY} 12:00")
    lines = story.run("2026-05-13 12:00", whole=True)
    assert addresses(lines) == [NUMBER]
    assert addresses(lines, "victim.registered") == [WRONG_NUMBER, NUMBER]


def test_a_case_that_was_opened_wrongly_waits_for_its_opening() -> None:
    story = a_case().event("case.suspect_arrested", f"{DAY} 21:00", id="arrest")
    retracted(story, f"{DAY} 22:00", "e-open")
    assert addresses(story.run("2026-05-14 12:00")) == []
    story.event("case.opened", "2026-05-14 13:00", offence="burglary", force="Example", reference="EX/1/26")
    assert addresses(story.run("2026-05-15 12:00")) == [NUMBER]


def test_a_retraction_opens_no_case() -> None:
    """Everything waits for the opening, which may come after the retraction of something else."""
    story = Story(f"{DAY} 20:00", victim={})
    story.event(
        "victim.registered", f"{DAY} 09:00", id="r2", case_id="c2", victim_id="v2", contact_points=[SMS]
    )
    story.event("case.suspect_arrested", f"{DAY} 09:30", id="arrest", case_id="c2")
    retracted(story, f"{DAY} 10:00", "never-came", case_id="c2")
    lines = story.run("2026-05-30 12:00", whole=True)
    assert not lines.told("at", case_id="c2")


def test_a_partys_address_that_was_recorded_wrongly_blocks_nothing() -> None:
    story = a_case().event(
        "case.party_recorded",
        f"{DAY} 09:10",
        id="party",
        role="suspect",
        contact_points=[{**SMS, "id": "s1"}],
    )
    retracted(story, f"{DAY} 10:00", "party").event("case.suspect_arrested", f"{DAY} 12:00")
    assert addresses(story.run("2026-05-13 12:00")) == [NUMBER]


def test_another_partys_same_address_still_blocks() -> None:
    story = a_case()
    for id in ("party", "other"):
        theirs = [{**SMS, "id": "s1"}]
        story.event("case.party_recorded", f"{DAY} 09:10", id=id, role="suspect", contact_points=theirs)
    retracted(story, f"{DAY} 10:00", "party").event("case.suspect_arrested", f"{DAY} 12:00")
    assert addresses(story.run("2026-05-13 12:00")) == []


@pytest.mark.parametrize(("taken_back", "expected"), [(True, "off1"), (False, "off9")])
def test_an_assignment_or_an_absence_that_was_wrong(taken_back: bool, expected: str) -> None:
    story = a_case().event(
        "officer.assigned", f"{DAY} 09:10", id="assigned",
        officer={"id": "off9", "name": "PC Ann Field", "email": "ann.field@police.example"},
    )  # fmt: skip
    story.event("officer.absent", f"{DAY} 09:20", id="absent", officer_id="off1", **{"from": DAY}, until=DAY)
    retracted(story, f"{DAY} 09:30", "absent")
    if taken_back:
        retracted(story, f"{DAY} 10:00", "assigned")
    gone = [{"id": "p1", "address": None}]
    story.event("victim.updated", f"{DAY} 11:00", victim_id="v1", contact_points=gone)
    story.event("case.suspect_arrested", f"{DAY} 12:00")
    lines = story.run("2026-05-12 13:00")
    assert lines.told("person_id", what="escalation", event_type="case.suspect_arrested") == [(expected,)]
