"""Held: what the volume breaker holds is released or discarded with the count and a sample first."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from notifier.errors import NotFound
from notifier.records import ChannelName, NoticeState
from notifier.store import notices as notices_in_store
from notifier.store import staff
from notifier.store.database import Tx
from notifier.store.ops_tables import access_log
from notifier.store.tables import cases, escalations, journal, notices, sources
from notifier.web.ops import held
from tests.web.ops.conftest import Browser, Room
from tests.web.ops.forms import fields_of
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force

NEWS = "court.special_measures"
MANY, HELD = 58, 8


def flood(room: Room, force: Force = NORTHMOOR, many: int = MANY) -> None:
    """Have so much published within a moment that the breaker holds what is over fifty."""
    with room.store.begin() as tx:
        tx.run(update(sources).values(first_at=NOW - timedelta(days=30)))
    documents = [
        json.dumps(
            {
                "specversion": "1.0",
                "source": force.source,
                "id": f"{force.letter}-flood-{number}",
                "type": NEWS,
                "time": NOW.isoformat(),
                "data": {"case_id": force.case(4), "conditions": ["a screen"]},
            }
        )
        for number in range(many)
    ]
    path = room.services.path
    assert all(one.reason is None for one in path.take_in(documents, NOW, door="http"))
    path.plan([force.case(4)], NOW)


def held_of(room: Room, force: Force = NORTHMOOR) -> Sequence[Any]:
    with room.store.begin() as tx:
        mine = (cases.c.force == force.name) & (notices.c.event_type == NEWS)
        waits = notices.c.state == NoticeState.HELD
        return tx.all(select(notices).join(cases).where(mine, waits).order_by(notices.c.pk))


def open_escalations(room: Room) -> list[str]:
    with room.store.begin() as tx:
        return [row.reason for row in staff.all_open_escalations(tx) if row.reason == "volume"]


def key(force: Force = NORTHMOOR) -> dict[str, str]:
    return {"hold": "volume", "source": force.source, "type": NEWS}


def confirm(browser: Browser, deed: str, **more: Any) -> dict[str, Any]:
    """Return the form that asks whether to go on."""
    page = browser.get("/ops/held/confirm", **key(), deed=deed, **more)
    assert page.status_code == 200, page.text
    return dict(fields_of(page.text, "/ops/held"))


def actions(room: Room) -> list[str]:
    with room.store.begin() as tx:
        return [row.action for row in tx.all(select(access_log).order_by(access_log.c.pk))]


def test_a_group_is_released_after_its_count_and_a_sample(room: Room) -> None:
    flood(room)
    with room.enter("supervisor") as browser:
        page = browser.get("/ops/held").text
        assert "far more of these came within an hour" in page
        assert NORTHMOOR.source in page
        group = browser.get("/ops/held/group", **key()).text
        assert f"Release all {HELD}" in group
        assert "If it is released now, it goes" in group
        assert "special measures" in group, "the words that she would get"
        assert actions(room)[-1] == "looked at a held message"
        asked = browser.get("/ops/held/confirm", **key(), deed="release").text
        assert f"Release {HELD} held messages?" in asked
        sent = len(room.channels[ChannelName.SMS].sent)
        answer = browser.post("/ops/held", **fields_of(asked, "/ops/held"))
        assert "They were released." in answer.text
        assert "far more of these came within an hour" not in answer.text
        assert len(room.channels[ChannelName.SMS].sent) == sent, "a sample is not sent"
    assert held_of(room) == []
    assert open_escalations(room) == []
    assert actions(room).count("released a held notice") == HELD
    with room.store.begin() as tx:
        left = tx.all(select(notices.c.hold).where(notices.c.hold.is_not(None)).distinct())
        assert [row.hold for row in left] == ["identity"], "of another cause, and not touched"


def test_what_is_discarded_is_never_told(room: Room) -> None:
    flood(room)
    gone = {row.pk for row in held_of(room)}
    with room.enter("supervisor") as browser:
        assert "They were discarded." in browser.post("/ops/held", **confirm(browser, "discard")).text
    assert open_escalations(room) == []
    with room.store.begin() as tx:
        rows = tx.all(select(notices).where(notices.c.pk.in_(gone)))
        assert {(row.state, row.reason, row.hold) for row in rows} == {
            (NoticeState.CANCELLED, "discarded", None)
        }


def test_only_supervisors_decide_and_only_about_their_force(room: Room) -> None:
    flood(room)
    flood(room, SOUTHMOOR)
    theirs = held_of(room, SOUTHMOOR)
    with room.store.begin() as tx:  # as if one system published for both
        mine = notices.c.pk.in_([row.pk for row in theirs])
        tx.run(update(notices).where(mine).values(source=NORTHMOOR.source))
    with room.enter("supervisor") as browser:
        fields = confirm(browser, "release")
        assert fields["seen"] == [str(HELD)], "the others are not counted"
        chosen = browser.get(
            "/ops/held/confirm", **key(), deed="release", which="chosen", n=str(theirs[0].pk)
        )
        assert chosen.status_code == 404
        assert browser.post("/ops/held", **fields, n=str(theirs[0].pk)).status_code == 404
        with room.enter("officer") as officer:
            assert "A supervisor releases or discards them." in officer.get("/ops/held/group", **key()).text
            assert officer.get("/ops/held/confirm", **key(), deed="release").status_code == 403
            assert officer.post("/ops/held", **{**fields, "csrf": officer._token}).status_code == 403
        browser.get("/ops/held")
        assert "They were released." in browser.post("/ops/held", **fields).text
        assert browser.get("/ops/held/group", **key()).status_code == 404
        assert browser.get("/ops/held/group", **key(SOUTHMOOR)).status_code == 404
    assert [row.pk for row in held_of(room, SOUTHMOOR)] == [row.pk for row in theirs]
    assert open_escalations(room) == ["volume", "volume"], "something of it is left elsewhere"


def test_where_more_came_since_it_is_asked_again(room: Room) -> None:
    flood(room)
    with room.enter("supervisor") as browser:
        fields = confirm(browser, "release")
        with room.store.begin() as tx:
            told = select(notices.c.pk).where(notices.c.event_type == NEWS, notices.c.hold.is_(None)).limit(1)
            (row,) = tx.all(told)
            tx.run(
                update(notices).where(notices.c.pk == row.pk).values(hold="volume", state=NoticeState.HELD)
            )
        answer = browser.post("/ops/held", **fields)
        assert answer.status_code == 409
        assert "More of these were held since you looked." in answer.text
    assert len(held_of(room)) == HELD + 1


def test_chosen_ones_are_released_and_the_rest_still_waits(room: Room) -> None:
    flood(room)
    first, second, *rest = [str(row.pk) for row in held_of(room)]
    with room.enter("supervisor") as browser:
        none = browser.get("/ops/held/confirm", **key(), deed="release", which="chosen")
        assert "Nothing was chosen." in none.text
        fields = confirm(browser, "release", which="chosen", n=[first, second])
        assert (fields["seen"], fields["n"]) == (["2"], [first, second])
        assert "They were released." in browser.post("/ops/held", **fields).text
        assert browser.post("/ops/held", **fields).status_code == 404, "they are held no more"
    assert [str(row.pk) for row in held_of(room)] == rest
    assert open_escalations(room) == ["volume"]


def test_a_large_group_is_released_bit_by_bit(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "AT_ONCE", 3)
    flood(room)
    with room.enter("supervisor") as browser:
        answer = browser.get("/ops/held/confirm", **key(), deed="release")
        for left in (HELD - 3, HELD - 6):
            answer = browser.post("/ops/held", **fields_of(answer.text, "/ops/held"))
            assert "Some were released. Go on until none is left." in answer.text
            assert f"Release {left} held messages?" in answer.text
            assert open_escalations(room) == ["volume"]
        answer = browser.post("/ops/held", **fields_of(answer.text, "/ops/held"))
        assert "They were released." in answer.text
    assert open_escalations(room) == []


def test_somebody_who_was_slower_is_told(room: Room) -> None:
    flood(room)
    with room.enter("supervisor") as hers, room.enter("supervisor", name="Other") as his:
        fields, same = confirm(hers, "release"), confirm(his, "discard")
        hers.post("/ops/held", **fields)
        assert his.post("/ops/held", **same).status_code == 404
    with room.store.begin() as tx:
        assert tx.all(select(notices).where(notices.c.reason == "discarded")) == []


def test_news_that_a_person_tells_first_stands_apart(light_room: Room) -> None:
    with light_room.enter("supervisor") as browser:
        page = browser.get("/ops/held").text
        with light_room.store.begin() as tx:
            (notice,) = tx.all(
                select(notices).join(cases).where(
                    notices.c.reason == "person_first", cases.c.force == NORTHMOOR.name
                )
            )  # fmt: skip
            (task,) = [row for row in staff.all_open_tasks(tx) if row.event_pk == notice.event_pk]
        assert f"N{notice.pk}: the decision on no further action" in page
        assert f"/ops/work/T{task.pk}" in page
        assert "s-case" not in page
        asked = {"hold": "person_first", "source": NORTHMOOR.source, "type": notice.event_type}
        assert browser.get("/ops/held/group", **asked).status_code == 404


def test_a_merged_record_holds_what_waits_until_a_person_decides(room: Room) -> None:
    flood(room, many=3)
    merged = {
        "specversion": "1.0", "source": NORTHMOOR.source, "id": "n-merged-again", "type": "victim.merged",
        "time": NOW.isoformat(),
        "data": {
            "case_id": NORTHMOOR.case(4), "victim_id": NORTHMOOR.victim(4), "other_id": NORTHMOOR.victim(1)
        },
    }  # fmt: skip
    path = room.services.path
    assert path.take_in([json.dumps(merged)], NOW, door="http")[0].reason is None
    path.plan([NORTHMOOR.case(4)], NOW)
    with room.enter("supervisor") as browser:
        assert "two records of persons were merged" in browser.get("/ops/held").text
        for row in _groups(room):
            group = {"hold": "identity", "source": row.source, "type": row.event_type}
            page = browser.get("/ops/held/confirm", **group, deed="release").text
            assert "They were released." in browser.post("/ops/held", **fields_of(page, "/ops/held")).text
    with room.store.begin() as tx:
        about = escalations.c.reason == "identity"
        mine = tx.all(select(escalations).join(cases).where(about, cases.c.force == NORTHMOOR.name))
        assert mine
        assert all(row.resolved_at is not None for row in mine)


def _groups(room: Room) -> list[Any]:
    with room.store.begin() as tx:
        query = select(notices.c.source, notices.c.event_type).join(cases).distinct()
        mine = (notices.c.hold == "identity") & (cases.c.force == NORTHMOOR.name)
        return list(tx.all(query.where(mine, notices.c.state == NoticeState.HELD)))


def test_two_who_release_the_same_at_once_release_it_once(room: Room) -> None:
    flood(room, many=51)
    (notice,) = held_of(room)
    both = threading.Barrier(2)

    def meet(tx: Tx) -> None:
        assert notices_in_store.load(tx, notice.pk).hold == "volume"
        if tx.is_postgresql:  # SQLite lets one in after the other
            both.wait(30)

    def release(_who: int) -> str:
        try:
            room.services.path.by_hand.release(notice.pk, "somebody", NOW, meet)
        except (NotFound, AssertionError):
            return "too late"
        return "released"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(release, range(2))) == ["released", "too late"]
    with room.store.begin() as tx:
        told = tx.all(select(journal).where(journal.c.reason == "released"))
    assert len(told) == 1
