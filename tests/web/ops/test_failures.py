"""Failures: what staff see of their force, and what they do about one or many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select, update

from notifier.records import AttemptState, ChannelName, NoticeState
from notifier.store import events as stored_events
from notifier.store import notices as stored_notices
from notifier.store.attempts import STAFF_ROLES
from notifier.store.ops_tables import access_log
from notifier.store.tables import attempts, cases, contact_points, events, journal, notices, rejections
from notifier.web.ops import failures as module
from tests.fakes import FAILED
from tests.web.ops.conftest import Browser, Room
from tests.web.ops.forms import fields_of
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force, number_of


def notices_of(room: Room, force: Force, case: int) -> list[Any]:
    with room.store.begin() as tx:
        mine = cases.c.case_id == force.case(case)
        return list(tx.all(select(notices).join(cases).where(mine).order_by(notices.c.pk)))


def stamps(page: str) -> list[str]:
    """Return what the page's boxes to tick stand for."""
    return re.findall(r'name="chosen" value="([^"]+)"', page)


def change(room: Room, table: Any, where: ColumnElement[bool], **values: Any) -> None:
    with room.store.begin() as tx:
        tx.run(update(table).where(where).values(**values))


def lines(room: Room) -> Sequence[Any]:
    with room.store.begin() as tx:
        return tx.all(select(access_log).order_by(access_log.c.pk))


def make_reachable(room: Room, force: Force, case: int) -> None:
    """Have the victim's number work again."""
    change(room, contact_points, contact_points.c.victim_id == force.victim(case), failed_at=None)
    room.channels[ChannelName.SMS]._answers[number_of(force, case)].clear()


def fail(room: Room, pk: int, state: NoticeState = NoticeState.FAILED) -> None:
    with room.store.begin() as tx:
        stored_notices.change(tx, pk, state=state, reason="no_contact", send_at=None)


def retry(browser: Browser, stamp: str) -> Any:
    return browser.post("/ops/failures", kind="notices", deed=f"retry {stamp}")


def test_each_force_sees_its_own(room: Room) -> None:
    ours = [row.pk for case in (1, 3) for row in notices_of(room, NORTHMOOR, case)]
    with room.enter("supervisor") as browser:
        page = browser.get("/ops/failures").text
        assert sorted(int(stamp.partition(".")[0]) for stamp in stamps(page)) == sorted(ours)
        assert f"Messages to victims: {len(ours)}" in page
        assert "s-case" not in page
        assert "Refused documents" not in page
        safety, routine = notices_of(room, NORTHMOOR, 3)[1], notices_of(room, NORTHMOOR, 1)[0]
        assert page.index(f'id="N{safety.pk}"') < page.index(f'id="N{routine.pk}"'), "safety first"
    with room.enter("supervisor", None) as browser:
        page = browser.get("/ops/failures").text
        assert "s-case-1" in page
        assert "Refused documents: 2" in page


def test_it_is_filtered_by_channel_and_reason(light_room: Room) -> None:
    (notice, _) = notices_of(light_room, NORTHMOOR, 1)
    with light_room.enter("supervisor") as browser:
        shown = browser.get("/ops/failures", kind="notices", channel="sms", reason="bad_address").text
        assert f'id="N{notice.pk}"' in shown
        for wish in ({"channel": "email"}, {"reason": "cannot_render"}):
            assert stamps(browser.get("/ops/failures", kind="notices", **wish).text) == []
        assert browser.get("/ops/failures", kind="nothing").status_code == 404


def test_an_officer_tries_one_again(room: Room) -> None:
    (notice, _) = notices_of(room, NORTHMOOR, 1)
    with room.enter("supervisor") as browser:
        (stamp,) = [
            one for one in stamps(browser.get("/ops/failures").text) if one.startswith(f"{notice.pk}.")
        ]
    with room.enter("officer") as browser:
        browser.get("/ops/failures")
        page = retry(browser, stamp).text
        assert "Not done: 1" in page
        assert f"N{notice.pk} could not be told" in page
        make_reachable(room, NORTHMOOR, 1)
        assert retry(browser, stamp).status_code == 409, "it was tried since"
        new = fields_of(browser.get("/ops/failures/notice", id=notice.pk).text, "/ops/failures")["deed"][0]
        page = browser.post("/ops/failures", kind="notices", deed=new).text
        assert "Done: 1" in page
        assert f"N{notice.pk} is to be sent" in page
    path = room.services.path
    path.deliver(path.due(NOW + timedelta(minutes=5)), NOW + timedelta(minutes=5), NOW + timedelta(minutes=9))
    assert room.channels[ChannelName.SMS].sent[-1].address == number_of(NORTHMOOR, 1)
    assert [row.about for row in lines(room) if row.action == "tried a notice again"] == [f"N{notice.pk}"] * 2


def test_a_supervisor_tries_many_again_and_hears_of_each(room: Room) -> None:
    make_reachable(room, NORTHMOOR, 1)
    ours = [row.pk for row in notices_of(room, NORTHMOOR, 1)]
    theirs = [row.pk for row in notices_of(room, NORTHMOOR, 3)]
    with room.enter("officer") as browser:
        browser.get("/ops/failures")
        answer = browser.post(
            "/ops/failures", kind="notices", deed="retry", chosen=["1.failed.0", "2.failed.0"]
        )
        assert answer.status_code == 403
    with room.enter("supervisor") as browser:
        chosen = stamps(browser.get("/ops/failures").text)
        page = browser.post("/ops/failures", kind="notices", deed="retry", chosen=chosen).text
        assert f"Done: {len(ours)}" in page
        assert f"Not done: {len(theirs)}" in page
        for pk in theirs:
            assert f"N{pk} could not be told" in page
    assert {row.state for row in notices_of(room, NORTHMOOR, 1)} == {NoticeState.PLANNED}


def test_nothing_of_another_force_is_touched(room: Room) -> None:
    theirs = notices_of(room, SOUTHMOOR, 1)[0]
    with room.store.begin() as tx:
        (event,) = tx.all(select(events).where(events.c.event_id == f"{SOUTHMOOR.case(4)}-case.progress"))
        stored_events.mark_problem(tx, event.pk, "it is odd")
    with room.enter("supervisor") as browser:
        mine = stamps(browser.get("/ops/failures").text)
        for deed in ("retry", "give_up"):
            chosen = [*mine, f"{theirs.pk}.failed.0"]
            answer = browser.post("/ops/failures", kind="notices", deed=deed, chosen=chosen, words="no")
            assert answer.status_code == 404
            answer = browser.post(
                "/ops/failures", kind="events", deed=deed, chosen=[str(event.pk)], words="no"
            )
            assert answer.status_code == 404
            answer = browser.post("/ops/failures", kind="documents", deed=deed, chosen=["1"], words="no")
            assert answer.status_code == 404
        for path in (f"notice?id={theirs.pk}", f"document?id=S{event.pk}", "document?id=R1"):
            assert browser.get(f"/ops/failures/{path}").status_code == 404
        by = browser.post("/ops/failures/notice", stamp=f"{theirs.pk}.failed.0", channel="sms")
        assert by.status_code == 404
        page = browser.get("/ops/failures", done=f"N{theirs.pk}", left=f"N{theirs.pk}").text
        assert f"N{theirs.pk}" not in page
    assert notices_of(room, SOUTHMOOR, 1)[0] == theirs
    assert {row.state for row in notices_of(room, NORTHMOOR, 1)} == {NoticeState.FAILED}


def test_what_is_given_up_keeps_the_reason(room: Room) -> None:
    (notice, _) = notices_of(room, NORTHMOOR, 1)
    with room.enter("officer") as browser:
        page = browser.get("/ops/failures/notice", id=notice.pk)
        stamp = fields_of(page.text, "/ops/failures/notice").get("stamp")
        assert stamp is None, "no channel has an address that can be used"
        assert "None of the agreed channels has an address" in page.text
        one = fields_of(page.text, "/ops/failures")["deed"][0].partition(" ")[2]
        answer = browser.post("/ops/failures", kind="notices", deed=f"give_up {one}", words="told by a visit")
        assert answer.status_code == 403
    with room.enter("supervisor") as browser:
        browser.get("/ops/failures")
        without = browser.post("/ops/failures", kind="notices", deed=f"give_up {one}", words=" ")
        assert (without.status_code, "why it is given up" in without.text) == (409, True)
        page = browser.post("/ops/failures", kind="notices", deed=f"give_up {one}", words="told by a visit")
        assert "Done: 1" in page.text
        again = browser.post("/ops/failures", kind="notices", deed=f"give_up {one}", words="told by a visit")
        assert again.status_code == 409
        assert "It needs nobody now." in browser.get("/ops/failures/notice", id=notice.pk).text
    after = notices_of(room, NORTHMOOR, 1)[0]
    assert (after.state, after.reason) == (NoticeState.CANCELLED, "discarded")
    with room.store.begin() as tx:
        why = tx.all(select(journal.c.why).where(journal.c.reason == "discarded"))
    said = f"supervisor of {NORTHMOOR.name} decided that it is not told: told by a visit"
    assert [row.why for row in why] == [[said]]


@pytest.mark.parametrize("state", [NoticeState.FAILED, NoticeState.UNCERTAIN])
def test_one_is_sent_by_a_channel_that_somebody_chose(room: Room, state: NoticeState) -> None:
    notice = notices_of(room, NORTHMOOR, 4)[-1]
    fail(room, notice.pk, state)
    with room.enter("officer") as browser:
        page = browser.get("/ops/failures/notice", id=notice.pk).text
        assert "Send it by email" in page
        assert "Send it by letter" not in page
        stamp = fields_of(page, "/ops/failures/notice")["stamp"][-1]
        before = len(room.channels[ChannelName.SMS].sent)
        answer = browser.post("/ops/failures/notice", stamp=stamp, channel="letter")
        assert answer.status_code == 409
        assert "the contract has no letter that can be used" in answer.text
        assert notices_of(room, NORTHMOOR, 4)[-1].state == state, "nothing was changed"
        answer = browser.post("/ops/failures/notice", stamp=stamp, channel="email")
        assert "It is on its way" in answer.text
        assert browser.post("/ops/failures/notice", stamp=stamp, channel="email").status_code == 409
    assert room.channels[ChannelName.EMAIL].sent[-1].address == "victim4@n.example"
    assert len(room.channels[ChannelName.SMS].sent) == before
    assert notices_of(room, NORTHMOOR, 4)[-1].state == NoticeState.SENT


def test_her_hours_hold_for_a_chosen_channel_too(room: Room) -> None:
    notice = notices_of(room, NORTHMOOR, 4)[-1]
    with room.enter("officer") as browser:
        plan = browser.get("/ops/plan", case=NORTHMOOR.case(4), victim=NORTHMOOR.victim(4)).text
        hours = {"window0-days": ["wed"], "window0-from": "18:00", "window0-until": "20:00", "strict": "1"}
        browser.post("/ops/plan", **{**fields_of(plan, "/ops/plan"), **hours}, step="save")
        fail(room, notice.pk)
        page = browser.get("/ops/failures/notice", id=notice.pk).text
        stamp = fields_of(page, "/ops/failures/notice")["stamp"][-1]
        answer = browser.post("/ops/failures/notice", stamp=stamp, channel="email")
        assert answer.status_code == 409
        assert "before Wed 1 Apr 2026, 18:00:00" in answer.text
    assert notices_of(room, NORTHMOOR, 4)[-1].state == NoticeState.FAILED


def test_a_chosen_channel_that_fails_too_gives_way_to_the_others(room: Room) -> None:
    notice = notices_of(room, NORTHMOOR, 4)[-1]
    fail(room, notice.pk)
    room.channels[ChannelName.EMAIL].will_answer(FAILED, to="victim4@n.example")
    with room.enter("officer") as browser:
        page = browser.get("/ops/failures/notice", id=notice.pk).text
        stamp = fields_of(page, "/ops/failures/notice")["stamp"][-1]
        browser.post("/ops/failures/notice", stamp=stamp, channel="email")
    path, before = room.services.path, len(room.channels[ChannelName.SMS].sent)
    later = NOW + timedelta(minutes=5)
    path.deliver(path.due(later), later, later + timedelta(minutes=5))
    assert len(room.channels[ChannelName.SMS].sent) == before + 1


def test_events_that_were_set_aside_are_planned_again_or_given_up(room: Room) -> None:
    with room.store.begin() as tx:
        pks = [
            tx.all(select(events.c.pk).where(events.c.event_id == f"{NORTHMOOR.case(4)}-{type_}"))[0].pk
            for type_ in ("case.progress", "case.suspect_arrested")
        ]
        for pk in pks:
            stored_events.mark_problem(tx, pk, "it is odd")
    with room.enter("supervisor") as browser:
        assert "Events set aside: 2" in browser.get("/ops/failures").text
        page = browser.get("/ops/failures/document", id=f"S{pks[0]}")
        assert "n-secret" in page.text
        assert (lines(room)[-1].action, lines(room)[-1].about) == ("looked at a document", f"S{pks[0]}")
        assert "Done: 1" in browser.post("/ops/failures", kind="events", deed=f"retry {pks[0]}").text
        fields = {"kind": "events", "deed": "give_up", "chosen": [str(pks[1])], "words": "sent twice"}
        assert "Done: 1" in browser.post("/ops/failures", **fields).text
        assert browser.post("/ops/failures", **fields).status_code == 404
        assert "Events set aside: 0" in browser.get("/ops/failures").text
    with room.store.begin() as tx:
        again, given_up = tx.all(select(events).where(events.c.pk.in_(pks)).order_by(events.c.pk.desc()))
    assert (again.problem, again.planned_at is None) == (None, False)
    assert "sent twice" in given_up.problem


def test_refused_documents_are_read_and_discarded_by_who_sees_every_force(room: Room) -> None:
    with room.enter("supervisor", None) as browser:
        assert "Refused documents: 2" in browser.get("/ops/failures").text
        assert "n-broken" in browser.get("/ops/failures/document", id="R1").text
        assert [row.about for row in lines(room)][-1] == "R1"
        fields = {"kind": "documents", "deed": "give_up", "chosen": ["1", "2"], "words": "sent again"}
        assert "Done: 2" in browser.post("/ops/failures", **fields).text
        again = browser.post("/ops/failures", **fields).text
        assert again.count("somebody dealt with it in the meantime") == 2
        retry = browser.post("/ops/failures", kind="documents", deed="retry 1")
        assert retry.status_code == 404
    with room.store.begin() as tx:
        assert [row.outcome for row in tx.all(select(rejections.c.outcome))] == ["sent again", "sent again"]


def test_messages_to_staff_that_failed_are_listed(room: Room) -> None:
    failed = attempts.c.role.in_(STAFF_ROLES)
    change(room, attempts, failed, state=AttemptState.FAILED, reason="bad_address")
    with room.enter("viewer") as browser:
        page = browser.get("/ops/failures", kind="messages").text
        assert "supervisor n-supervisor" in page
        assert "s-supervisor" not in page
        assert "the address does not exist" in page


def test_pages_lead_on_and_back(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 3)
    with room.enter("supervisor") as browser:
        first = browser.get("/ops/failures").text
        assert len(stamps(first)) == 3
        assert "kind=notices&amp;first=3" in first
        second = browser.get("/ops/failures", kind="notices", first=3).text
        assert len(stamps(second)) == 1
        assert "first=3" not in second
        assert set(stamps(first)).isdisjoint(stamps(second))
