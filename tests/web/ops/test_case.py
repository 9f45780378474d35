"""A case's page tells each victim's story; what was sent is shown to who asks for it, and that is noted."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path as File
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from notifier import plain_words
from notifier.event_types import EVENT_TYPES
from notifier.records import AttemptState, ChannelName, FailureReason, Receipt, Reply, What
from notifier.store import cases, notes
from notifier.store.ops_tables import access_log
from notifier.store.tables import attempts, events, victims
from notifier.store.tables import cases as case_table
from notifier.web.ops import case as case_page
from notifier.web.ops.case_story import KINDS
from tests.builders import a_document, a_store
from tests.fakes import DEFERRED, fake_channels
from tests.web.ops.conftest import Browser, Room, running_room
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, number_of, play

EARLIER = "Wed 1 Apr 2026 13:00"
JUST_NOW = "Wed 1 Apr 2026 14:00"
NUMBER = "+447700900123"
PHONE = {"id": "p1", "channel": "sms", "address": NUMBER}
MAIL = {"id": "p2", "channel": "email", "address": "jo@example.com"}
POST = {
    "id": "p3",
    "channel": "letter",
    "address": {"lines": ["1 Mill Lane", "Exampleton", "SW1A 1AA"]},
}
EVENING = {
    "windows": [
        {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "18:00", "until": "20:00"},
    ]
}


def words(answer: httpx.Response) -> str:
    """Return what is read on a page, in one line."""
    assert answer.status_code == 200, answer.text
    main = answer.text.partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def story(browser: Browser, case_id: str, **query: Any) -> str:
    return words(browser.get("/ops/case", id=case_id, **query))


def in_order(text: str, *parts: str) -> bool:
    """Tell whether the parts stand in the text, each after the one before."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        assert place >= 0, f"{part!r} is missing, or not after what comes before it"
    return True


def happen(room: Room, *documents: dict[str, Any]) -> None:
    """Have events taken in, planned, and all sent that is due."""
    path = room.services.path
    taken = path.take_in([json.dumps(document) for document in documents], NOW, door="http")
    assert all(one.reason is None for one in taken), taken
    path.plan(path.unplanned_cases(), NOW)
    while due := path.due(NOW):
        path.deliver(due, NOW, NOW + timedelta(minutes=5))


def opened(case_id: str = "c1", **data: Any) -> dict[str, Any]:
    staff = {role: NORTHMOOR.staff(role) for role in ("officer", "supervisor", "unit")}
    given = {"offence": "burglary", "force": NORTHMOOR.name, "reference": "NM/1/26", **staff, **data}
    return a_document("case.opened", EARLIER, case_id=case_id, id_=f"{case_id}-open", **given)


def registered(*points: dict[str, Any], victim_id: str = "v1", case_id: str = "c1", **data: Any) -> Any:
    name = {"title": "Ms", "given": "Jo", "family": "Bloggs"}
    given = {"victim_id": victim_id, "name": name, "contact_points": list(points), **data}
    return a_document("victim.registered", EARLIER, case_id=case_id, id_=f"{victim_id}-reg", **given)


def message_of(room: Room, channel: str, case_id: str = "c1") -> str:
    """Return the name of the newest message of a case by a channel."""
    joined = attempts.join(case_table)
    mine = (case_table.c.case_id == case_id) & (attempts.c.channel == channel)
    mine &= attempts.c.role == "victim"
    query = select(attempts.c.pk).select_from(joined).where(mine).order_by(attempts.c.pk.desc())
    with room.store.begin() as tx:
        row = tx.first(query)
    assert row is not None
    return f"A{row.pk}"


def looks(room: Room, action: str) -> list[Any]:
    with room.store.begin() as tx:
        query = select(access_log).where(access_log.c.action == action).order_by(access_log.c.pk)
        return list(tx.all(query))


@pytest.fixture
def officer(room: Room) -> Iterator[Browser]:
    with room.enter("officer") as browser:
        yield browser


@pytest.fixture
def light_officer(light_room: Room) -> Iterator[Browser]:
    with light_room.enter("officer") as browser:
        yield browser


# What the page tells.


def test_the_head_says_what_the_case_is_and_who_looks_after_it(officer: Browser) -> None:
    assert in_order(
        story(officer, "n-case-3"),
        "Case n-case-3",
        "How it stands Open",
        "Reference NM/4003/26",
        "Offence stalking",
        "Force Northmoor Police",
        "Officer Officer of n (n-officer)",
        "Supervisor Supervisor of n (n-supervisor)",
        "Unit Unit of n (n-unit)",
        "Victim n-victim-3",
        "Contact plan of n-victim-3",
    )


def test_nobody_reached_the_victim(officer: Browser) -> None:
    answer = officer.get("/ops/case", id="n-case-1")
    assert in_order(
        words(answer),
        "What comes next",
        "Find another way to reach the victim. Is a task that waits",
        "The victim could not be reached in any agreed way. Is escalated; nobody looks after it yet",
        "What happened",
        "Event The opening of the case",
        "Event The registration",
        "Message Sms to victim n-victim-1 about the registration Failed, the address does not exist",
        "Receipt The sms to victim n-victim-1 failed: the address does not exist",
        "Decision Victim n-victim-1 cannot be told of the registration: no agreed way to reach the victim",
        "Escalation An escalation was opened, level 1, for officer n-officer",
        "Task A task for officer n-officer: Find another way to reach the victim.",
        "Escalation An escalation climbed, level 2, for supervisor n-supervisor",
        "Event The arrest of a suspect",
    )
    assert re.search(r'href="/ops/work/E\d+"', answer.text)
    assert re.search(r'href="/ops/work/T\d+"', answer.text)
    assert re.search(r'href="/ops/failures#N\d+"', answer.text)


def test_bad_news_waits_for_a_person(officer: Browser) -> None:
    assert in_order(
        story(officer, "n-case-2"),
        "What comes next",
        "The decision on no further action Is held until a person acts: a person tells it first",
        "Wed 1 Apr 2026, 23:59",
        "What happened",
        "Message Sms to victim n-victim-2 about the registration The provider took it",
        "Event The decision on no further action",
        "Decision The decision on no further action is held for victim n-victim-2: a person tells it first",
        "bad news with enhanced rights: a person tells it first",
        "Task A task for officer n-officer: A person must tell the victim now.",
        "Due by Wed 1 Apr 2026, 23:59 about the decision on no further action",
        "Escalation An escalation was opened, level 1, for officer n-officer: A victim must be told by",
    )


def test_a_release_of_which_no_message_arrived(officer: Browser) -> None:
    assert in_order(
        story(officer, "n-case-3"),
        "What comes next",
        "Safety A victim must be told by a legal time limit",
        "About the release of a suspect",
        "Safety The release of a suspect Could not be told: no agreed way to reach the victim is left",
        "The registration Could not be told",
        "Overdue",
        "What happened",
        "Decision Victim n-victim-3 cannot be told of the release of a suspect",
        "a safety notice goes at once, at any hour",
        "Escalation Safety An escalation was opened, level 1, for officer n-officer",
        "Escalation Safety An escalation was repeated, level 3, for unit n-unit",
    )


def test_staff_who_are_told_of_it_again_and_again_fill_no_page(room: Room, officer: Browser) -> None:
    said, often = (
        "An escalation was repeated, level 3",
        re.compile(r"told again (\d+) times, first on"),
    )
    before = story(officer, "n-case-3")
    for half_hours in range(1, 6):
        room.services.path.sweep(NOW + timedelta(minutes=31 * half_hours))
    after = story(officer, "n-case-3")
    assert after.count(said) == before.count(said) > 0
    was, now = ([int(times) for times in often.findall(text)] for text in (before, after))
    assert now == [times + 5 for times in was]


def test_a_victim_who_was_told_as_usual(room: Room, officer: Browser) -> None:
    hers = [one for one in room.channels[ChannelName.SMS].sent if one.address == number_of(NORTHMOOR, 4)]
    for message, code in zip(hers, ("r-1", "r-2", "r-3"), strict=True):
        arrived = Receipt(AttemptState.DELIVERED, attempt_ref=message.attempt_ref, code=code)
        room.services.path.receive(ChannelName.SMS, [arrived], NOW + timedelta(minutes=3))
    assert in_order(
        story(officer, "n-case-4"),
        "What comes next",
        "A reminder to the officer that an update comes due",
        "A no-progress update, unless there is news before",
        "What happened",
        "Event The arrest of a suspect Happened Tue 31 Mar 2026, 10:00; published Tue 31 Mar 2026, 10:00",
        "by urn:n:records",
        "Message Sms to victim n-victim-4 about the arrest of a suspect",
        "Arrived (the provider's code was r-2)",
        "Receipt, Wed 1 Apr 2026, 14:03: arrived (the provider's code was r-2)",
        "It says: all of it",
        "Event Progress in the case",
        "Message Sms to victim n-victim-4 about progress in the case",
        "Receipt The sms to victim n-victim-4 arrived",
    )


def test_what_is_held_because_records_were_merged(room: Room, officer: Browser) -> None:
    assert "Event The merging of two records" in story(officer, "n-case-5")
    happen(room, opened(), registered(MAIL, contract=EVENING))
    happen(room, a_document("victim.merged", JUST_NOW, victim_id="v1", other_id="n-victim-5"))
    answer = officer.get("/ops/case", id="c1")
    assert in_order(
        words(answer),
        "What comes next",
        "Records of persons were merged or split. What waits for them is held. Is escalated",
        "The registration Is held until a person acts: records of persons were merged or split",
        "What happened",
        "Event The merging of two records",
        "Decision The registration is held for victim v1: records of persons were merged or split",
        "two records of persons were merged or split: staff find out whom it concerns",
    )
    assert 'href="/ops/held">See to N' in answer.text


def test_a_failure_and_the_way_that_is_tried_next(light_room: Room, light_officer: Browser) -> None:
    happen(light_room, opened(), registered(PHONE, MAIL))
    ref = light_room.channels[ChannelName.SMS].sent[-1].attempt_ref
    failed = Receipt(AttemptState.FAILED, attempt_ref=ref, code="30005", reason=FailureReason.BAD_ADDRESS)
    light_room.services.path.receive(ChannelName.SMS, [failed], NOW)
    assert in_order(
        story(light_officer, "c1"),
        "What comes next",
        "The registration Is to be sent expected by email",
        "What happened",
        "Message Sms to victim v1 about the registration Failed, the address does not exist",
        "(the provider's code was 30005)",
        "Receipt The sms to victim v1 failed",
        "Decision It was decided how victim v1 hears of the registration",
        "email is next in the agreed order",
    )


def test_a_message_that_failed_for_now_is_shown_too(light_room: Room, light_officer: Browser) -> None:
    light_room.channels[ChannelName.SMS].will_answer(DEFERRED, to=NUMBER)
    happen(light_room, opened(), registered(PHONE))
    assert in_order(
        story(light_officer, "c1"), "Message Sms to victim v1 about the registration Failed for now"
    )


def test_what_is_planned_says_when_and_by_what(room: Room, officer: Browser) -> None:
    happen(room, opened(), registered(MAIL, contract=EVENING))
    assert in_order(
        story(officer, "c1"),
        "What comes next",
        "The registration Is to be sent expected by email",
        "Wed 1 Apr 2026, 18:00",
        "Fri 10 Apr 2026, 23:59",
        "What happened",
        "the first time in the agreed windows",
    )


def test_contacts_and_what_staff_answered(light_room: Room, light_officer: Browser) -> None:
    about: dict[str, Any] = {"victim_id": "v1", "by": "n-officer", "about": ["nfa"]}
    happen(
        light_room,
        opened(offence="domestic_abuse"),
        registered(MAIL),
        a_document("case.no_further_action", EARLIER, id_="nfa", reasons="none"),
    )
    assert 'href="/ops/work/T' in light_officer.get("/ops/case", id="c1").text
    happen(light_room, a_document("contact.recorded", JUST_NOW, method="visit", outcome="spoke", **about))
    answer = light_officer.get("/ops/case", id="c1")
    assert in_order(
        words(answer),
        "Contact N-officer spoke with the victim on a visit about the decision on no further action",
        "Task A task was done: A person must tell the victim now.",
        "n-officer: ",
    )
    assert 'href="/ops/work/T' not in answer.text, "nothing is left to be done"


def test_replies_and_notes(light_room: Room, light_officer: Browser) -> None:
    happen(light_room, opened(), registered(PHONE))
    light_room.services.path.hear([Reply(ChannelName.SMS, NUMBER, "please ring me, secretly", "r1")], NOW)
    with light_room.store.begin() as tx:
        pk = cases.key(tx, "c1")
        notes.add(tx, "Sgt Reid", "T999", pk, "I rang and she was out.", NOW)
    text = story(light_officer, "c1")
    assert in_order(
        text, "Reply A reply came by sms from victim v1", "Note Sgt Reid noted: T999 I rang and she"
    )
    assert "secretly" not in text


@pytest.mark.parametrize(
    ("marked", "mark"),
    [
        ({"backfill": True}, "History (backfill)"),
        ({}, "Retracted"),
    ],
)
def test_an_event_that_does_not_count_is_marked(
    light_room: Room, light_officer: Browser, marked: dict[str, Any], mark: str
) -> None:
    happen(
        light_room,
        opened(),
        registered(MAIL, contract=EVENING),
        a_document("case.charged", EARLIER, id_="wrong", offences=["theft"], **marked),
    )
    assert "Retracted" not in story(light_officer, "c1")
    if mark == "Retracted":
        happen(light_room, a_document("event.retracted", JUST_NOW, source="urn:example:records", id="wrong"))
    assert in_order(story(light_officer, "c1"), f"Event {mark} A charge")


def test_an_event_that_was_set_aside_is_marked(light_room: Room, light_officer: Browser) -> None:
    happen(light_room, opened(), a_document("case.charged", EARLIER, id_="odd", offences=["theft"]))
    with light_room.store.begin() as tx:
        odd = events.c.event_id == "odd"
        tx.run(events.update().where(odd).values(problem="Mend it.", planned_at=None))
    text = story(light_officer, "c1")
    assert in_order(text, "No victim is registered", "Event Set aside A charge", "was set aside: Mend it.")


def test_a_case_says_whether_it_may_be_closed(light_room: Room, light_officer: Browser) -> None:
    happen(light_room, opened(), registered(MAIL, contract=EVENING))
    happen(light_room, a_document("case.closed", JUST_NOW, id_="end", reasons="none"))
    assert in_order(
        story(light_officer, "c1"), "How it stands Closed Closing is blocked", "Closing Closing case c1"
    )
    happen(light_room, a_document("event.retracted", JUST_NOW, source="urn:example:records", id="end"))
    assert in_order(story(light_officer, "c1"), "How it stands Open Reference")


def test_who_stands_in_for_the_officer_is_named(light_room: Room, light_officer: Browser) -> None:
    absence = {"officer_id": "n-officer", "from": "2026-03-30", "until": "2026-04-03"}
    cover = {"id": "n-cover", "name": "PC Field", "email": "field@n.police.example"}
    assert "Cover today" not in story(light_officer, "n-case-1")
    happen(light_room, a_document("officer.absent", EARLIER, case_id="n-case-1", cover=cover, **absence))
    assert "Cover today PC Field (n-cover)" in story(light_officer, "n-case-1")


# Several victims, and long stories.


def test_each_victim_has_a_line_of_time_of_her_own(room: Room, officer: Browser) -> None:
    happen(
        room,
        opened(),
        registered(MAIL),
        registered(PHONE, victim_id="v2"),
        a_document("case.suspect_arrested", JUST_NOW),
        a_document("case.progress", JUST_NOW, victim_ids=["v2"], text="We looked at the camera."),
        a_document("support.referred", JUST_NOW, victim_id="v1", service="Victim Support"),
    )
    first, _, second = story(officer, "c1").partition("Victim v2 Contact plan")
    assert "the arrest of a suspect" in first
    assert "the arrest of a suspect" in second
    assert ("The referral to support" in first, "The referral to support" in second) == (True, False)
    assert ("Progress in the case" in first, "Progress in the case" in second) == (False, True)
    assert ("Sms to" in first, "Sms to" in second) == (False, True)
    assert ("Email to" in first, "Email to" in second) == (True, False)
    alone = story(officer, "c1", victim="v2")
    assert ("Sms to" in alone, "Email to" in alone) == (True, False)
    assert officer.get("/ops/case", id="c1", victim="n-victim-1").status_code == 404


def test_many_victims_are_shown_a_few_at_a_time(light_room: Room, light_officer: Browser) -> None:
    points = [{**MAIL, "address": f"v{number}@example.com"} for number in range(7)]
    happen(light_room, opened(), *(registered(p, victim_id=f"w{n}") for n, p in enumerate(points)))
    answer = light_officer.get("/ops/case", id="c1")
    assert re.findall(r"Contact plan of (\w+)", answer.text) == ["w0", "w1", "w2", "w3", "w4"]
    (more,) = re.findall(r'rel="next" href="([^"]+)"', answer.text)
    assert re.findall(r"Contact plan of (\w+)", light_officer.get(html.unescape(more)).text) == ["w5", "w6"]


def test_a_long_story_shows_its_newest_lines_first_and_all_of_it_on_demand(
    room: Room, officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(room, opened(), registered(MAIL))
    told = [
        a_document("case.progress", EARLIER, id_=f"p{n:03d}", text="t", backfill=True) for n in range(230)
    ]
    happen(room, *told)
    answer = officer.get("/ops/case", id="c1")
    shown = re.findall(r"case\.progress, p(\d+)", answer.text)
    decision_and_message = 2
    assert shown == [f"{n:03d}" for n in range(230 - 200 + decision_and_message, 230)]
    assert "Show everything about v1" in answer.text
    (link,) = re.findall(r'href="(/ops/case\?[^"]*all=1[^"]*)"', answer.text)
    whole = officer.get(html.unescape(link)).text
    assert re.findall(r"case\.progress, p(\d+)", whole) == [f"{n:03d}" for n in range(230)]
    assert "Earlier lines" not in whole
    monkeypatch.setattr(case_page, "_MOST_SHOWN", 100)
    found: list[str] = []
    link = html.unescape(link)
    while link:
        part = officer.get(link).text
        found = [*re.findall(r"case\.progress, p(\d+)", part), *found]
        earlier = re.findall(r'rel="prev" href="([^"]+)"', part)
        link = html.unescape(earlier[0]) if earlier else ""
    assert found == [f"{n:03d}" for n in range(230)]
    assert "Later lines" in part


# What was sent, and who may see it.


def test_addresses_and_texts_are_shown_to_who_asks_for_them(room: Room, officer: Browser) -> None:
    happen(room, opened(), registered(PHONE))
    text = room.channels[ChannelName.SMS].sent[-1].rendered.text
    page = officer.get("/ops/case", id="c1")
    name = message_of(room, "sms")
    for secret in (NUMBER, "Bloggs", text):
        assert secret not in html.unescape(page.text)
    assert f'href="/ops/case/message?id={name}"' in page.text
    shown = html.unescape(officer.get("/ops/case/message", id=name).text)
    for wanted in (NUMBER, "Ms Bloggs", text, f"Message {name}", "victim v1"):
        assert wanted in shown


def test_an_email_is_shown_with_its_subject_and_leaflets(light_room: Room, light_officer: Browser) -> None:
    happen(light_room, opened(), registered(MAIL))
    sent = light_room.channels[ChannelName.EMAIL].sent[-1]
    shown = html.unescape(light_officer.get("/ops/case/message", id=message_of(light_room, "email")).text)
    assert sent.rendered.subject is not None
    assert sent.rendered.subject in shown
    for leaflet in sent.rendered.leaflets:
        assert leaflet.title in shown
    assert "PDF" not in shown


def test_a_letter_is_laid_out_again_as_it_was_printed(light_room: Room, light_officer: Browser) -> None:
    happen(light_room, opened(), registered(POST, contract={"channels": ["letter"]}))
    name = message_of(light_room, "letter")
    assert f'href="/ops/case/letter?id={name}"' in light_officer.get("/ops/case/message", id=name).text
    answer = light_officer.get("/ops/case/letter", id=name)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"%PDF")
    (look,) = looks(light_room, "looked at a letter")
    assert look.about == name


def test_what_is_no_letter_has_no_print(light_room: Room, light_officer: Browser) -> None:
    happen(light_room, opened(), registered(MAIL))
    assert light_officer.get("/ops/case/letter", id=message_of(light_room, "email")).status_code == 404


def test_every_look_is_noted(room: Room, officer: Browser) -> None:
    happen(room, opened(), registered(PHONE))
    with room.store.begin() as tx:
        case_pk = cases.key(tx, "c1")
        (victim,) = tx.all(select(victims.c.pk).where(victims.c.victim_id == "v1"))
    officer.get("/ops/case", id="c1")
    (look,) = looks(room, "looked at a case")
    assert (look.account, look.role, look.force, look.case_pk) == (
        *("officer of Northmoor Police", "officer", NORTHMOOR.name),
        case_pk,
    )
    name = message_of(room, "sms")
    officer.get("/ops/case/message", id=name)
    (look,) = looks(room, "looked at a message")
    assert (look.about, look.case_pk, look.victim_pk) == (name, case_pk, victim.pk)


@pytest.mark.parametrize("role", ["viewer", "officer", "supervisor", "admin"])
def test_another_force_s_case_is_like_none(room: Room, role: str) -> None:
    theirs = message_of(room, "sms", "s-case-4")
    with room.enter(role) as browser:
        for path, of_others, of_nobody in (
            ("/ops/case", "s-case-4", "s-case-999"),
            ("/ops/case/message", theirs, "A999999"),
            ("/ops/case/letter", theirs, "A999999"),
        ):
            other, nobody = browser.get(path, id=of_others), browser.get(path, id=of_nobody)
            assert other.status_code == 404
            assert other.text == nobody.text
        assert browser.get("/ops/case", id="n-case-4").status_code == 200
    assert {look.case_pk for look in looks(room, "looked at a case")} != set()
    assert looks(room, "looked at a message") == []


def test_who_is_of_every_force_sees_both(room: Room) -> None:
    with room.enter("supervisor", None) as browser:
        for force in (NORTHMOOR, SOUTHMOOR):
            assert f"Force {force.name}" in story(browser, force.case(4))
            name = message_of(room, "sms", force.case(4))
            assert browser.get("/ops/case/message", id=name).status_code == 200


@pytest.mark.parametrize("planned", [True, False])
def test_a_case_known_by_an_early_event_belongs_to_no_force(room: Room, planned: bool) -> None:
    early = a_document("case.suspect_arrested", JUST_NOW, case_id="early", id_="first")
    room.services.path.take_in([json.dumps(early)], NOW, door="http")
    if planned:
        room.services.path.plan(["early"], NOW)
    with room.enter("admin") as browser:
        assert browser.get("/ops/case", id="early").status_code == 404
    with room.enter("viewer", None) as browser:
        text = story(browser, "early")
        stands = "Not opened yet" if planned else "Only events came of this case"
        assert in_order(text, stands, "No victim is registered", "Event The arrest of a suspect")


def test_messages_to_staff_about_no_case_are_for_who_sees_every_force(light_room: Room) -> None:
    with light_room.store.begin() as tx:
        (row,) = tx.all(select(attempts).where(attempts.c.role == "officer").limit(1))
        tx.run(attempts.update().where(attempts.c.pk == row.pk).values(case_pk=None))
    for force, status in ((NORTHMOOR, 404), (None, 200)):
        with light_room.enter("admin", force) as browser:
            assert browser.get("/ops/case/message", id=f"A{row.pk}").status_code == status


@pytest.mark.parametrize("name", ["A0", "a1", "N1", "1", "", "A1x", "A" + "9" * 19, "A١"])
def test_what_is_no_message_is_not_there(light_officer: Browser, name: str) -> None:
    assert light_officer.get("/ops/case/message", id=name).status_code == 404


@pytest.mark.parametrize("case_id", ["", "\0", "n-case-1\0", "x" * 5_000, "' OR 1=1 --"])
def test_what_is_no_case_is_not_there(officer: Browser, case_id: str) -> None:
    assert officer.get("/ops/case", id=case_id).status_code == 404


def test_an_odd_id_is_written_so_that_it_leads_back(light_room: Room, light_officer: Browser) -> None:
    odd = 'a/b&c <i>"1"</i>'
    happen(light_room, opened(odd), registered(MAIL, victim_id="v&/2", case_id=odd))
    answer = light_officer.get("/ops/case", id=odd)
    assert "<i>" not in answer.text.partition("<main")[2]
    (plan,) = re.findall(r'href="(/ops/plan\?[^"]+)"', answer.text)
    leads = httpx.URL(html.unescape(plan)).params
    assert (leads["case"], leads["victim"]) == (odd, "v&/2")


def test_the_page_waits_for_nobody_who_has_the_case_in_hand(
    postgres_database_url: str, tmp_path: File
) -> None:
    channels = fake_channels()
    with a_store(postgres_database_url) as store, running_room(store, tmp_path, channels) as room:
        play(room.services.path, channels, NORTHMOOR)
        happen(room, opened(), registered(MAIL, contract=EVENING))
        with room.enter("officer") as browser, room.store.begin() as tx:
            cases.key(tx, "c1")
            assert "expected by email" in story(browser, "c1")


# The words.


def test_every_event_and_every_line_has_its_words() -> None:
    assert set(plain_words.EVENTS) == set(EVENT_TYPES)
    assert set(KINDS) == set(What)
