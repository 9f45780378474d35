"""Finding: one hit is opened at once, several are listed, and another force's are not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from notifier.store.tables import cases, escalations, notices, registrations, tasks, victims
from tests.web.ops.conftest import Room
from tests.web.ops.world import NORTHMOOR, SOUTHMOOR, Force


def names(room: Room, force: Force, case: int) -> Iterator[str]:
    """Yield the names of a case's task, escalation and notice, as far as it has them."""
    with room.store.read() as tx:
        for letter, table in (("T", tasks), ("E", escalations), ("N", notices)):
            mine = select(table.c.pk).join(cases, cases.c.pk == table.c.case_pk)
            row = tx.first(mine.where(cases.c.case_id == force.case(case)).order_by(table.c.pk))
            if row is not None:
                yield f"{letter}{row.pk}"


def test_each_thing_is_opened_by_what_it_is_called(room: Room) -> None:
    case = ("/ops/case", {"id": NORTHMOOR.case(3)})
    task, escalation, notice = names(room, NORTHMOOR, 3)
    expected = {
        NORTHMOOR.case(3): case,
        NORTHMOOR.victim(3): case,
        NORTHMOOR.reference(3): case,
        " nm 4003 / 26 ": case,
        notice: case,
        notice.lower(): case,
        task: (f"/ops/work/{task}", {}),
        escalation: (f"/ops/work/{escalation}", {}),
    }
    with room.enter("viewer") as browser:
        for words, (path, query) in expected.items():
            answer = browser.http.get("/ops/find", params={"q": words}, follow_redirects=False)
            assert answer.status_code == 303, words
            led = answer.next_request
            assert led is not None
            assert (led.url.path, dict(led.url.params)) == (path, query), words


def test_several_are_listed(room: Room) -> None:
    with room.store.begin() as tx:
        row = tx.first(select(cases).where(cases.c.case_id == NORTHMOOR.case(1)))
        assert row is not None
        same = cases.c.case_id.in_([NORTHMOOR.case(2), SOUTHMOOR.case(2)])
        tx.run(cases.update().where(same).values(reference_hash=row.reference_hash))
        hers = select(registrations).join(victims).where(victims.c.victim_id == NORTHMOOR.victim(1))
        place = tx.first(hers)
        assert place is not None
        others = tx.all(select(cases.c.pk).where(same))
        more = {"victim_pk": place.victim_pk, "event_pk": place.event_pk, "since": place.since}
        tx.run(registrations.insert(), [{"case_pk": other.pk, **more} for other in others])
    for words in (NORTHMOOR.reference(1), NORTHMOOR.victim(1)):
        with room.enter("viewer") as browser:
            answer = browser.get("/ops/find", q=words)
            assert answer.status_code == 200
            assert f"/ops/case?id={NORTHMOOR.case(1)}" in answer.text
            assert f"/ops/case?id={NORTHMOOR.case(2)}" in answer.text
            assert SOUTHMOOR.case(2) not in answer.text
        with room.enter("viewer", None) as browser:
            assert SOUTHMOOR.case(2) in browser.get("/ops/find", q=words).text


def test_a_case_may_be_called_like_a_task(room: Room) -> None:
    task, *_ = names(room, NORTHMOOR, 3)
    with room.store.begin() as tx:
        tx.run(cases.update().where(cases.c.case_id == NORTHMOOR.case(4)).values(case_id=task))
    with room.enter("viewer") as browser:
        answer = browser.get("/ops/find", q=task)
        assert f'href="/ops/work/{task}"' in answer.text
        assert f'href="/ops/case?id={task}"' in answer.text


def test_another_force_s_are_answered_like_what_does_not_exist(room: Room) -> None:
    theirs = [SOUTHMOOR.case(3), SOUTHMOOR.victim(3), SOUTHMOOR.reference(3), *names(room, SOUTHMOOR, 3)]
    with room.enter("admin") as browser:
        nothing = browser.get("/ops/find", q="E999999")
        assert nothing.status_code == 200
        assert "Nothing that you may see is called E999999" in nothing.text
        for words in theirs:
            answer = browser.get("/ops/find", q=words)
            assert answer.status_code == nothing.status_code, words
            assert answer.text.replace(words, "E999999") == nothing.text, words
    with room.enter("viewer", None) as browser:
        for words in theirs:
            assert browser.get("/ops/find", q=words).url.path != "/ops/find", words


@pytest.mark.parametrize("words", ["", "E" + "9" * 18, "E" + "9" * 40, "%", "'", "E\u0661", "<b>"])
def test_whatever_is_typed_is_answered(room: Room, words: str) -> None:
    with room.enter("viewer") as browser:
        answer = browser.get("/ops/find", q=words)
        assert answer.status_code == 200
        assert "<b>" not in answer.text


@pytest.mark.parametrize("words", ["x" * 201, "E\0"])
def test_what_cannot_be_looked_for_is_refused(room: Room, words: str) -> None:
    with room.enter("viewer") as browser:
        assert browser.get("/ops/find", q=words).status_code == 400
