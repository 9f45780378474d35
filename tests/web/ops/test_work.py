"""The work list: who sees which rows in which order, and what can be done about each of them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Row, Table, select

from notifier.records import TaskKind
from notifier.store import accounts, events, notes
from notifier.store.accounts import AccountRole
from notifier.store.ops_tables import access_log
from notifier.store.tables import cases, escalations, registrations, tasks, victims
from tests.builders import a_document
from tests.web.ops.conftest import PASSWORD_HASH, Browser, Room
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force, number_of

_ROW = re.compile(r'href="/ops/work/([ET]\d+)"')
_SEEN = re.compile(r'name="seen" value="([^"]+)"')
_DEEDS = ("acknowledge", "finish", "hand-over", "note", "contact")


def listed(answer: httpx.Response) -> list[str]:
    """Return the names of the rows of a page, in their order."""
    assert answer.status_code == 200
    return _ROW.findall(answer.text)


def row_of(room: Room, table: Table, case_id: str | None, kind: str) -> Row[Any]:
    """Return the open row of this kind (reason) in a case."""
    what, ended = (
        (tasks.c.kind, tasks.c.done_at)
        if table is tasks
        else (escalations.c.reason, escalations.c.resolved_at)
    )
    mine = select(table).outerjoin(cases, cases.c.pk == table.c.case_pk)
    with room.store.read() as tx:
        row = tx.first(mine.where(cases.c.case_id == case_id, what == kind, ended.is_(None)))
    assert row is not None
    return row


def escalation_of(room: Room, case: int, reason: str, force: Force = NORTHMOOR) -> str:
    """Return the name of a case's open escalation."""
    return f"E{row_of(room, escalations, force.case(case), reason).pk}"


def task_of(room: Room, case: int, kind: str, force: Force = NORTHMOOR) -> str:
    """Return the name of a case's open task."""
    return f"T{row_of(room, tasks, force.case(case), kind).pk}"


def row_called(room: Room, name: str) -> Row[Any]:
    """Return a row by its name, open or ended."""
    table = tasks if name[0] == "T" else escalations
    with room.store.read() as tx:
        row = tx.first(select(table).where(table.c.pk == int(name[1:])))
    assert row is not None
    return row


def about(room: Room, name: str) -> tuple[str, str]:
    """Return a row's kind (reason) and case."""
    row = row_called(room, name)
    with room.store.read() as tx:
        case = tx.first(select(cases.c.case_id).where(cases.c.pk == row.case_pk))
    assert case is not None
    return row.kind if name[0] == "T" else row.reason, case.case_id


def open_in(room: Room, *forces: Force) -> int:
    """Return how many tasks and escalations are open in the cases of these forces."""
    names = [force.name for force in forces]
    parts = [(tasks, tasks.c.done_at), (escalations, escalations.c.resolved_at)]
    with room.store.read() as tx:
        return sum(
            len(tx.all(select(table.c.pk).join(cases).where(cases.c.force.in_(names), ended.is_(None))))
            for table, ended in parts
        )


def logged(room: Room, name: str) -> list[tuple[str, str]]:
    """Return who did what about a row, as the log says."""
    with room.store.read() as tx:
        lines = tx.all(select(access_log).where(access_log.c.about == name).order_by(access_log.c.pk))
    return [(line.account, line.action) for line in lines]


def deed(browser: Browser, name: str, what: str, **fields: Any) -> httpx.Response:
    """Open a row's page and send one of its forms."""
    page = browser.get(f"/ops/work/{name}")
    return browser.post(f"/ops/work/{name}/{what}", seen=seen_on(page), **fields)


def seen_on(page: httpx.Response) -> str:
    """Return the stamp that the page's forms carry."""
    found = _SEEN.search(page.text)
    assert found is not None
    return found[1]


def add_tasks(room: Room, many: int, force: Force, case: int, **values: Any) -> list[str]:
    """Open this many tasks in a case, as planning would; return their names."""
    with room.store.begin() as tx:
        hers = select(registrations).join(cases).where(cases.c.case_id == force.case(case))
        place = tx.first(hers)
        assert place is not None
        fresh = {
            "kind": TaskKind.CALL_BACK.value,
            "case_pk": place.case_pk,
            "victim_pk": place.victim_pk,
            "person_id": force.staff("officer")["id"],
            "safety": False,
            "opened_at": NOW,
            "deadline": NOW + timedelta(days=30),
            **values,
        }
        keys = [
            tx.insert(tasks.insert().values(**fresh, cause=f"test {force.letter} {n}")) for n in range(many)
        ]
    return [f"T{key}" for key in keys]


def add_without_case(room: Room) -> str:
    """Open an escalation that is about no case; return its name."""
    values = {"cause": "source_silent/urn:n/None", "reason": "source_silent", "source": "urn:n:records"}
    with room.store.begin() as tx:
        insert = escalations.insert().values(**values, level=3, safety=False, opened_at=NOW)
        return f"E{tx.insert(insert)}"


def test_the_most_urgent_row_of_her_force_comes_first(room: Room) -> None:
    with room.enter("viewer") as browser:
        answer = browser.get("/ops/work")
        shown = [about(room, name) for name in listed(answer)]
        assert [row for row in shown if row[1] <= NORTHMOOR.case(3)] == [
            ("no_contact", "n-case-3"),  # these two are about safety
            ("duty_at_risk", "n-case-3"),
            ("no_contact", "n-case-1"),  # from here on overdue, the oldest first
            ("find_contact", "n-case-1"),
            ("find_contact", "n-case-3"),
            ("tell_in_person", "n-case-2"),  # until the end of the day
            ("duty_at_risk", "n-case-3"),  # until tomorrow noon
            ("duty_at_risk", "n-case-2"),
        ]
        assert answer.text.count("Safety</strong>") == 2
        assert answer.text.count("Overdue</strong>") == 3
        assert len(shown) == open_in(room, NORTHMOOR)
        assert f"{len(shown)} rows match." in answer.text
        for case in range(1, 6):
            assert SOUTHMOOR.case(case) not in answer.text
            assert SOUTHMOOR.victim(case) not in answer.text
    with room.enter("viewer", None) as browser:
        both = open_in(room, NORTHMOOR, SOUTHMOOR)
        assert f"{both} rows match." in browser.get("/ops/work").text


FILTERS: list[tuple[dict[str, str], list[tuple[str, str]]]] = [
    ({"kind": "no_contact"}, [("no_contact", "n-case-3"), ("no_contact", "n-case-1")]),
    ({"kind": "tell_in_person"}, [("tell_in_person", "n-case-2")]),
    ({"safety": "true"}, [("no_contact", "n-case-3"), ("duty_at_risk", "n-case-3")]),
    (
        {"overdue": "true", "kind": "find_contact"},
        [("find_contact", "n-case-1"), ("find_contact", "n-case-3")],
    ),
    ({"q": "n-case-2"}, [("tell_in_person", "n-case-2"), ("duty_at_risk", "n-case-2")]),
    ({"q": "nm 4001/26"}, [("no_contact", "n-case-1"), ("find_contact", "n-case-1")]),
    ({"q": "n-victim-1", "kind": "no_contact"}, [("no_contact", "n-case-1")]),
    ({"q": "s-case-1"}, []),
    ({"q": "SM/4001/26"}, []),
    ({"q": "n-case-4"}, []),
    ({"q": "nothing"}, []),
    ({"kind": "nothing"}, []),
]


def test_filters_and_search_leave_what_is_wanted(room: Room) -> None:
    with room.enter("viewer") as browser:
        for query, expected in FILTERS:
            answer = browser.get("/ops/work", **query)
            assert [about(room, name) for name in listed(answer)] == expected, query
            said = {0: "No row matches.", 1: "One row matches."}.get(len(expected), "2 rows match.")
            assert said in answer.text, query
        overdue = browser.get("/ops/work", overdue="true")
        assert len(listed(overdue)) == overdue.text.count("Overdue</strong>") >= 3


def test_a_row_is_found_by_its_name_and_not_another_force_s(room: Room) -> None:
    mine, theirs = task_of(room, 2, "tell_in_person"), task_of(room, 2, "tell_in_person", SOUTHMOOR)
    with room.enter("viewer") as browser:
        assert listed(browser.get("/ops/work", q=mine.lower())) == [mine]
        assert listed(browser.get("/ops/work", q=theirs)) == []


@pytest.mark.parametrize("sort", ["urgency", "oldest", "case"])
def test_pages_hold_each_row_once_in_the_wanted_order(room: Room, sort: str) -> None:
    more = add_tasks(room, 60, NORTHMOOR, 4)
    add_tasks(room, 60, SOUTHMOOR, 4)
    with room.enter("viewer") as browser:
        first, second = (browser.get("/ops/work", sort=sort, page=page) for page in (1, 2))
        assert len(listed(first)) == 50
        assert f"{open_in(room, NORTHMOOR)} rows match." in first.text
        both = [*listed(first), *listed(second)]
        assert len(both) == len(set(both)) == open_in(room, NORTHMOOR)
        assert set(more) <= set(both)
        assert 'rel="next"' in first.text
        assert 'rel="next"' not in second.text
        assert listed(browser.get("/ops/work", page=3)) == []
    rows = [row_called(room, name) for name in both]
    order: dict[str, list[Any]] = {
        "urgency": [not row.safety for row in rows],
        "oldest": [row.opened_at for row in rows],
        "case": [about(room, name)[1] for name in both],
    }
    assert order[sort] == sorted(order[sort])


def test_rows_are_counted_up_to_a_thousand(light_room: Room) -> None:
    add_tasks(light_room, 1_001, NORTHMOOR, 4)
    with light_room.enter("viewer") as browser:
        assert "More than 1000 rows match." in browser.get("/ops/work").text


ROLES: list[tuple[str, str | None, set[tuple[str, str]] | None]] = [
    ("officer", "all", None),
    ("officer", "team", None),
    ("supervisor", "mine", {("duty_at_risk", "n-case-3")}),
    ("supervisor", None, None),
    ("viewer", None, None),
    ("viewer", "mine", set()),
    ("admin", None, None),
]


def test_each_role_begins_with_what_is_hers(room: Room) -> None:
    with room.enter("officer") as browser:
        hers = [about(room, name) for name in listed(browser.get("/ops/work"))]
        assert [row for row in hers if row[1] <= NORTHMOOR.case(3)] == [
            ("find_contact", "n-case-1"),
            ("find_contact", "n-case-3"),
            ("tell_in_person", "n-case-2"),
            ("duty_at_risk", "n-case-2"),  # the others climbed and are not an officer's any more
        ]
    for role, whose, expected in ROLES:
        with room.enter(role) as browser:
            shown = listed(browser.get("/ops/work", **({"whose": whose} if whose else {})))
        found = {about(room, name) for name in shown}
        assert len(shown) == open_in(room, NORTHMOOR) if expected is None else found == expected, (
            role,
            whose,
        )


def test_a_team_has_the_same_supervisor(room: Room) -> None:
    changes = {
        1: {"officer_id": "n-other"},
        2: {"officer_id": "n-other", "supervisor_id": "n-elsewhere"},
    }
    with room.store.begin() as tx:
        for case, values in changes.items():
            tx.run(cases.update().where(cases.c.case_id == NORTHMOOR.case(case)).values(**values))
    with room.enter("officer") as browser:
        shown = {about(room, name)[1] for name in listed(browser.get("/ops/work", whose="team"))}
    assert NORTHMOOR.case(2) not in shown
    assert {NORTHMOOR.case(1), NORTHMOOR.case(3)} <= shown


def test_who_is_nobody_in_cases_begins_with_all_and_has_what_she_takes(room: Room) -> None:
    with room.store.begin() as tx:
        accounts.add(tx, "Alex", AccountRole.OFFICER, NOW, force=NORTHMOOR.name, password_hash=PASSWORD_HASH)
    name = task_of(room, 1, "find_contact")
    with room.enter("officer", name="Alex") as browser:
        assert len(listed(browser.get("/ops/work"))) == open_in(room, NORTHMOOR)
        for whose in ("mine", "team"):
            answer = browser.get("/ops/work", whose=whose)
            assert listed(answer) == []
            assert "does not say who you are" in answer.text
        assert "You have it in hand now." in deed(browser, name, "hand-over", to="Alex").text
        for whose in ("mine", "team"):
            assert listed(browser.get("/ops/work", whose=whose)) == [name]
    with room.enter("officer") as browser:
        assert name not in listed(browser.get("/ops/work", whose="mine")), "somebody else has it in hand"


def test_what_belongs_to_no_case_is_for_who_sees_every_force(room: Room) -> None:
    name = add_without_case(room)
    with room.enter("supervisor") as browser:
        assert name not in listed(browser.get("/ops/work", whose="all"))
        assert f"{open_in(room, NORTHMOOR)} rows match." in browser.get("/ops/work", whose="all").text
        assert browser.get(f"/ops/work/{name}").status_code == 404
        for what in _DEEDS:
            assert browser.post(f"/ops/work/{name}/{what}", **_fields()).status_code == 404
        assert browser.get("/ops/find", q=name).url.path == "/ops/find"
    with room.enter("supervisor", None) as browser:
        assert listed(browser.get("/ops/work", whose="all", kind="source_silent")) == [name]
        assert listed(browser.get("/ops/work", whose="all", q=name)) == [name]
        page = browser.get(f"/ops/work/{name}")
        assert "urn:n:records" in page.text
        assert "/contact" not in page.text, "there is no victim to talk to"
        assert browser.post(f"/ops/work/{name}/contact", **_fields()).status_code == 404
        assert deed(browser, name, "acknowledge").status_code == 200
        assert deed(browser, name, "finish", outcome="the source was down").status_code == 200
        assert "the source was down" in browser.get(f"/ops/work/{name}").text
    assert row_called(room, name).resolved_at is not None


def _fields() -> dict[str, Any]:
    return {
        "seen": "x",
        "outcome": "spoke",
        "method": "phone",
        "at": "2026-04-01T13:00",
        "words": "a few words",
    }


def test_a_viewer_looks_and_cannot_act(room: Room) -> None:
    name = task_of(room, 2, "tell_in_person")
    with room.enter("viewer") as browser:
        page = browser.get(f"/ops/work/{name}", reach="true")
        assert page.status_code == 200
        assert f'action="/ops/work/{name}' not in page.text
        assert number_of(NORTHMOOR, 2) not in page.text
        for what in _DEEDS:
            assert browser.post(f"/ops/work/{name}/{what}", **_fields()).status_code == 403
    assert row_called(room, name).done_at is None
    assert logged(room, name) == [("viewer of Northmoor Police", "looked at a task")]


def test_another_force_s_row_is_answered_like_what_does_not_exist(room: Room) -> None:
    theirs = [
        escalation_of(room, 2, "duty_at_risk", SOUTHMOOR),
        task_of(room, 2, "tell_in_person", SOUTHMOOR),
    ]
    with room.enter("admin") as browser:
        nothing = browser.get("/ops/work/T999999")
        assert nothing.status_code == 404
        for name in (*theirs, "N1", "E", "x", "E" + "9" * 30):
            answer = browser.get(f"/ops/work/{name}")
            assert (answer.status_code, answer.text) == (
                404,
                nothing.text.replace("/ops/work/T999999", f"/ops/work/{name}"),
            )
            for what in _DEEDS:
                assert browser.post(f"/ops/work/{name}/{what}", **_fields()).status_code == 404
    for name in theirs:
        assert logged(room, name) == []
        assert row_called(room, name).in_hand_of is None


def test_a_row_s_page_says_what_is_asked_and_why_and_is_a_look_that_is_logged(room: Room) -> None:
    name = task_of(room, 2, "tell_in_person")
    with room.enter("officer") as browser:
        page = browser.get(f"/ops/work/{name}").text
    assert "A person must tell the victim now." in page
    assert f"/ops/case?id={NORTHMOOR.case(2)}" in page
    assert f"/ops/plan?case={NORTHMOOR.case(2)}&amp;victim={NORTHMOOR.victim(2)}" in page
    assert "Wed 1 Apr 2026, 23:59" in page, "the time limit"
    assert "bad news" in page, "a reason from the journal"
    assert f"<title>Task {name} – Notifier</title>" in page, "no case in a title"
    assert logged(room, name) == [("officer of Northmoor Police", "looked at a task")]
    joined = access_log.join(cases, cases.c.pk == access_log.c.case_pk)
    joined = joined.join(victims, victims.c.pk == access_log.c.victim_pk)
    with room.store.read() as tx:
        (line,) = tx.all(select(cases.c.case_id, victims.c.victim_id).select_from(joined))
    assert tuple(line) == (NORTHMOOR.case(2), NORTHMOOR.victim(2))


def test_words_to_be_said_are_shown(room: Room) -> None:
    with room.store.read() as tx:
        sealed = tx.cipher.seal("> call me <today>")
    (name,) = add_tasks(room, 1, NORTHMOOR, 4, text_sealed=sealed)
    with room.enter("viewer") as browser:
        assert "&gt; call me &lt;today&gt;" in browser.get(f"/ops/work/{name}").text


def test_an_escalation_is_acknowledged_and_resolved(room: Room) -> None:
    name = escalation_of(room, 1, "no_contact")
    with room.enter("officer") as browser:
        answer = deed(browser, name, "acknowledge")
        assert answer.url.path == f"/ops/work/{name}"
        assert "You look after it now." in answer.text
        row = row_called(room, name)
        assert (row.acknowledged_by, row.in_hand_of) == ("officer of Northmoor Police",) * 2
        assert row.climb_at > NOW + timedelta(hours=20)
        assert name in listed(browser.get("/ops/work", whose="mine"))
        answer = deed(browser, name, "finish", outcome=" moved;  new number\nis on file ")
        assert "moved; new number is on file" in answer.text
        assert f"/ops/work/{name}/finish" not in answer.text, "nothing is left to be done"
        assert name not in listed(browser.get("/ops/work", whose="all"))
    row = row_called(room, name)
    assert row.outcome == "moved; new number is on file"
    deeds = [action for _, action in logged(room, name) if not action.startswith("looked")]
    assert deeds == ["acknowledged an escalation", "resolved an escalation"]


def test_a_task_is_done(room: Room) -> None:
    name = task_of(room, 1, "find_contact")
    with room.enter("supervisor") as browser:
        deed(browser, name, "finish", outcome="found")
    row = row_called(room, name)
    assert (row.done_by, row.outcome) == ("supervisor of Northmoor Police", "found")
    assert row.done_at is not None
    assert ("supervisor of Northmoor Police", "finished a task") in logged(room, name)


def test_an_outcome_that_cannot_be_kept_is_refused(light_room: Room) -> None:
    name = task_of(light_room, 1, "find_contact")
    with light_room.enter("officer") as browser:
        for outcome in ("", "  ", "x" * 501, "a\0b"):
            assert deed(browser, name, "finish", outcome=outcome).status_code == 400
    assert row_called(light_room, name).done_at is None


def test_a_talk_is_recorded_and_settles_what_it_was_about(room: Room) -> None:
    task, escalation = task_of(room, 2, "tell_in_person"), escalation_of(room, 2, "duty_at_risk")
    about = f"{NORTHMOOR.case(2)}-case.no_further_action"
    with room.enter("officer") as browser:
        page = browser.get(f"/ops/work/{task}")
        ticked = re.findall(r'name="about" value="([^"]+)"( checked)?', page.text)
        assert (about, " checked") in ticked
        assert (f"{NORTHMOOR.case(2)}-victim.registered", "") in ticked
        answer = browser.post(
            f"/ops/work/{task}/contact", method="phone", outcome="spoke", at="2026-04-01T13:30", about=[about]
        )
        assert "The contact is recorded." in answer.text
        assert "Dealt with" in answer.text
    assert row_called(room, task).done_by == "officer of Northmoor Police"
    assert row_called(room, escalation).resolved_at is not None
    with room.store.read() as tx:
        (talk,) = [e for e in events.of_case(tx, NORTHMOOR.case(2)) if e.type == "contact.recorded"]
    assert talk.data.by == "officer of Northmoor Police"
    assert talk.data.about == (about,)
    assert talk.data.at == NOW - timedelta(minutes=30)
    assert ("officer of Northmoor Police", "recorded a contact") in logged(room, task)


def test_a_call_that_nobody_answered_leaves_everything_open(room: Room) -> None:
    name = task_of(room, 2, "tell_in_person")
    about = [f"{NORTHMOOR.case(2)}-case.no_further_action"]
    with room.enter("officer") as browser:
        deed(
            browser, name, "contact", method="phone", outcome="no_answer", at="2026-04-01T13:30", about=about
        )
    assert row_called(room, name).done_at is None


WRONG = (
    {"at": "2026-04-01T15:30"},  # still to come
    {"at": "2026-04-01T13:30+01:00"},
    {"at": "yesterday"},
    {"at": "0001-01-01T00:00"},
    {"at": ""},
    {"method": "pigeon"},
    {"outcome": ""},
)


def test_a_contact_that_cannot_be_is_refused(light_room: Room) -> None:
    name = task_of(light_room, 2, "tell_in_person")
    with light_room.enter("officer") as browser:
        for wrong in WRONG:
            fields = {"method": "phone", "outcome": "spoke", "at": "2026-04-01T13:30", **wrong}
            assert deed(browser, name, "contact", **fields).status_code == 400, wrong
    with light_room.store.read() as tx:
        assert "contact.recorded" not in {e.type for e in events.of_case(tx, NORTHMOOR.case(2))}


def test_work_is_handed_over_with_words_and_back_to_nobody(room: Room) -> None:
    name = task_of(room, 1, "find_contact")
    with room.enter("supervisor") as supervisor, room.enter("officer") as officer:
        page = supervisor.get(f"/ops/work/{name}")
        assert '<option value="officer of Northmoor Police">' in page.text
        answer = deed(
            supervisor, name, "hand-over", to="officer of Northmoor Police", words="her sister\r\nknows"
        )
        assert "Handed over to officer of Northmoor Police. her sister\nknows" in answer.text
        assert name in listed(officer.get("/ops/work"))
        assert row_called(room, name).in_hand_of == "officer of Northmoor Police"
        deed(officer, name, "hand-over")
    assert row_called(room, name).in_hand_of is None
    assert ("supervisor of Northmoor Police", "handed over work") in logged(room, name)


def test_work_is_handed_only_to_who_may_act_on_it(room: Room) -> None:
    name = task_of(room, 1, "find_contact")
    others = ["viewer of Northmoor Police", "officer of Southmoor Police", "nobody known", "gone"]
    with room.enter("viewer"), room.enter("officer", SOUTHMOOR), room.enter("supervisor", None):
        pass
    with room.store.begin() as tx:
        pk = accounts.add(tx, "gone", AccountRole.OFFICER, NOW, force=NORTHMOOR.name)
        accounts.end(tx, pk, NOW)
    with room.enter("officer") as browser:
        page = browser.get(f"/ops/work/{name}")
        for other in others:
            assert f'<option value="{other}">' not in page.text
            assert deed(browser, name, "hand-over", to=other).status_code == 400
        assert row_called(room, name).in_hand_of is None
        assert deed(browser, name, "hand-over", to="supervisor of all").status_code == 200
    assert row_called(room, name).in_hand_of == "supervisor of all"


def test_a_note_is_kept_sealed_and_shown(room: Room) -> None:
    name = escalation_of(room, 1, "no_contact")
    with room.enter("officer") as browser:
        browser.get(f"/ops/work/{name}")
        answer = browser.post(f"/ops/work/{name}/note", words="She works <nights>.")
        assert "She works &lt;nights&gt;." in answer.text
        assert browser.post(f"/ops/work/{name}/note", words="x" * 2_001).status_code == 400
        assert browser.post(f"/ops/work/{name}/note", words=" ").status_code == 400
    with room.store.read() as tx:
        (kept,) = notes.of_ref(tx, name)
        (also,) = notes.of_case(tx, row_called(room, name).case_pk)
    assert kept == also
    assert (kept.account, kept.ref, kept.text) == ("officer of Northmoor Police", name, "She works <nights>.")
    assert ("officer of Northmoor Police", "left a note") in logged(room, name)


@pytest.mark.parametrize(
    ("first", "fields", "said"),
    [
        ("acknowledge", {}, "supervisor of Northmoor Police looks after it since Wed 1 Apr 2026, 14:"),
        (
            "finish",
            {"outcome": "done"},
            "supervisor of Northmoor Police dealt with it on Wed 1 Apr 2026, 14:",
        ),
        (
            "hand-over",
            {"to": "n"},
            "supervisor of Northmoor Police put it in other hands on Wed 1 Apr 2026, 14:",
        ),
    ],
)
def test_the_second_of_two_changes_nothing_and_sees_who_was_first(
    room: Room, first: str, fields: dict[str, str], said: str
) -> None:
    seconds = {
        escalation_of(room, 1, "no_contact"): ("acknowledge", {}),
        escalation_of(room, 3, "no_contact"): ("finish", {"outcome": "mine"}),
        escalation_of(room, 2, "duty_at_risk"): ("hand-over", {"to": ""}),
    }
    with room.enter("officer", name="n") as officer, room.enter("supervisor") as supervisor:
        for name, (second, given) in seconds.items():
            page = officer.get(f"/ops/work/{name}")
            assert deed(supervisor, name, first, **fields).status_code == 200
            before = row_called(room, name)
            answer = officer.post(f"/ops/work/{name}/{second}", seen=seen_on(page), **given)
            assert answer.status_code == 409
            assert said in answer.text
            assert row_called(room, name) == before
            if first != "finish":
                # The page shows it as it is now, and is good for another try.
                again = officer.post(f"/ops/work/{name}/{second}", seen=seen_on(answer), **given)
                assert again.status_code == 200


def test_what_came_up_meanwhile_is_seen_before_it_is_closed(room: Room) -> None:
    changes: dict[str, dict[str, Any]] = {
        "There is more about it": {"repeats": 99},
        "it climbed": {"acknowledged_by": None, "level": 2},
    }
    name = escalation_of(room, 1, "no_contact")
    with room.enter("officer") as browser:
        deed(browser, name, "acknowledge")
        for said, change in changes.items():
            page = browser.get(f"/ops/work/{name}")
            with room.store.begin() as tx:
                tx.run(escalations.update().where(escalations.c.pk == int(name[1:])).values(**change))
            answer = browser.post(f"/ops/work/{name}/finish", seen=seen_on(page), outcome="done")
            assert answer.status_code == 409
            assert said in answer.text
            assert row_called(room, name).resolved_at is None


def test_what_climbs_is_on_the_list_of_the_next_level(room: Room) -> None:
    name = escalation_of(room, 2, "duty_at_risk")
    with room.enter("officer") as officer, room.enter("supervisor") as supervisor:
        deed(officer, name, "acknowledge")
        assert name not in listed(supervisor.get("/ops/work", whose="mine"))
        room.services.path.sweep(NOW + timedelta(days=2))
        row = row_called(room, name)
        assert (row.level, row.in_hand_of) == (2, None)
        assert name in listed(supervisor.get("/ops/work", whose="mine"))
        assert name not in listed(officer.get("/ops/work", whose="mine"))


def test_a_row_s_story_says_once_how_often_staff_were_told_again(room: Room) -> None:
    name, said = escalation_of(room, 3, "duty_at_risk"), "an escalation was repeated, level 3"
    with room.enter("officer") as browser:
        before = browser.get(f"/ops/work/{name}").text
        for half_hours in range(1, 6):
            room.services.path.sweep(NOW + timedelta(minutes=31 * half_hours))
        after = browser.get(f"/ops/work/{name}").text
    assert after.count(said) == before.count(said) > 0
    assert "told again" in after


def test_her_numbers_are_shown_on_demand_and_only_those_that_are_safe_and_work(room: Room) -> None:
    number, landline, his, unsafe = number_of(NORTHMOOR, 4), "01632 960111", "01632 960222", "07700 900333"
    points = [
        {"id": "p3", "channel": "call", "address": landline},
        {"id": "p4", "channel": "call", "address": his},
        {"id": "p5", "channel": "sms", "address": unsafe, "safe": False},
    ]
    needs = {"discreet": True}
    contract = {
        "windows": [{"days": ["mon", "wed"], "from": "18:00", "until": "24:00"}],
        "windows_strict": True,
    }
    case = NORTHMOOR.case(4)
    documents = [
        a_document(
            "victim.updated", "Wed 1 Apr 2026 13:00", case_id=case, victim_id=NORTHMOOR.victim(4),
            contact_points=points, needs=needs, contract=contract,
        ),
        a_document(
            "case.party_recorded", "Wed 1 Apr 2026 13:00", case_id=case, role="suspect",
            contact_points=[{"id": "x", "channel": "call", "address": his}],
        ),
    ]  # fmt: skip
    room.services.path.take_in([json.dumps(one) for one in documents], NOW, door="http")
    room.services.path.plan([case], NOW)
    (name,) = add_tasks(room, 1, NORTHMOOR, 4)
    with room.enter("officer") as browser:
        plain = browser.get(f"/ops/work/{name}").text
        assert "Show how to reach the victim" in plain
        assert "tel:" not in plain
        assert "Noone4" not in plain
        assert "looked at how to reach the victim" not in dict(logged(room, name)).values()
        shown = browser.get(f"/ops/work/{name}", reach="true").text
    assert re.findall(r'href="tel:([^"]+)"', shown) == [number, "+441632960111"]
    for hidden in ("960222", "900333"):
        assert hidden not in shown
    assert "Ms Jo Noone4" in shown
    assert "Discreet" in shown
    assert "Leave no message." in shown
    assert "Mon Wed 18:00–24:00" in shown
    assert "at no other time" in shown
    assert logged(room, name)[-1] == ("officer of Northmoor Police", "looked at how to reach the victim")


def test_where_no_number_works_the_page_says_so(light_room: Room) -> None:
    name = task_of(light_room, 1, "find_contact")  # her only number failed for good
    with light_room.enter("officer") as browser:
        page = browser.get(f"/ops/work/{name}", reach="true").text
    assert "tel:" not in page
    assert "No number is on file that is safe and works." in page
