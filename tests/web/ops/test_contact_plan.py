"""The contact plan: what staff change, what that does shown first, and that nobody undoes another unseen."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from notifier.intake import OPERATIONS
from notifier.records import ChannelName
from notifier.store.ops_tables import access_log, accounts, sign_ins
from notifier.store.tables import contact_points, events, metadata, victims
from tests.web.ops.conftest import Browser, Room
from tests.web.ops.forms import fields_of
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force, number_of

NEW_NUMBER = "07700 900777"
_NOT_COMPARED = {access_log.name, accounts.name, sign_ins.name}


def open_plan(browser: Browser, case: int, force: Force = NORTHMOOR) -> dict[str, Any]:
    """Return the form of a plan as it stands."""
    answer = browser.get("/ops/plan", case=force.case(case), victim=force.victim(case))
    assert answer.status_code == 200, answer.text
    return dict(fields_of(answer.text, "/ops/plan"))


def contents(room: Room) -> dict[str, list[Any]]:
    """Return all that is stored, but for who signed in and who looked."""
    with room.store.begin() as tx:
        tables = [table for table in metadata.sorted_tables if table.name not in _NOT_COMPARED]
        return {table.name: [tuple(row) for row in tx.all(select(table))] for table in tables}


def last_update(room: Room) -> dict[str, Any]:
    """Return the data of the newest event that staff made, without whom it is about."""
    with room.store.begin() as tx:
        query = select(events).where(events.c.source == OPERATIONS).order_by(events.c.pk.desc())
        row = tx.first(query)
        assert row is not None
        assert row.planned_at is not None
        data: dict[str, Any] = tx.cipher.open(row.data_sealed)["data"]
    return {name: value for name, value in data.items() if name not in ("case_id", "victim_id")}


def save(browser: Browser, fields: dict[str, Any]) -> None:
    """See what a change does, then save it by the form of that page."""
    seen = browser.post("/ops/plan", **fields, step="preview")
    assert "What the change does" in seen.text, seen.text
    answer = browser.post("/ops/plan", **fields_of(seen.text, "/ops/plan"), step="save")
    assert "The contact plan was changed." in answer.text, answer.text


def actions(room: Room) -> list[tuple[str, str | None]]:
    with room.store.begin() as tx:
        return [(row.action, row.about) for row in tx.all(select(access_log).order_by(access_log.c.pk))]


def test_a_viewer_looks_which_is_logged_and_changes_nothing(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        fields = open_plan(browser, 4)
        assert actions(light_room)[-1] == ("looked at a contact plan", None)
        assert browser.post("/ops/plan", **fields, step="preview").status_code == 403


def test_what_is_not_there_and_what_is_anothers_look_alike(room: Room) -> None:
    before = contents(room)
    with room.enter("supervisor") as browser:
        fields = open_plan(browser, 1)
        ours = browser.get("/ops/plan", case=NORTHMOOR.case(1), victim="nobody")
        for case in (SOUTHMOOR.case(1), NORTHMOOR.case(2), "nothing"):
            theirs = browser.get("/ops/plan", case=case, victim=SOUTHMOOR.victim(1))
            assert (theirs.status_code, theirs.text) == (404, ours.text)
            posted = {**fields, "case": case, "victim": SOUTHMOOR.victim(1), "wants": "none"}
            assert browser.post("/ops/plan", **posted, step="save").status_code == 404
    assert contents(room) == before


def test_what_it_does_is_shown_and_nothing_is_changed(room: Room) -> None:
    before = contents(room)
    with room.enter("officer") as browser:
        fields = open_plan(browser, 1)
        seen = browser.post("/ops/plan", **{**fields, "v0-address": NEW_NUMBER}, step="preview")
        assert "the contact point p1" in seen.text
        assert seen.text.count("could not be told") == 2
        assert seen.text.count("is to be sent") == 2
        assert "by text message" in seen.text
    assert contents(room) == before
    assert actions(room)[-1][0] == "tried out a contact plan"


def test_a_corrected_address_gets_what_had_failed(room: Room) -> None:
    with room.enter("officer") as browser:
        fields = open_plan(browser, 1)
        save(browser, {**fields, "v0-address": NEW_NUMBER})
    assert last_update(room) == {"contact_points": [{"id": "p1", "address": NEW_NUMBER}]}
    assert actions(room)[-2][0] == "changed a contact plan"
    path, later = room.services.path, NOW + timedelta(minutes=5)
    path.deliver(path.due(later), later, later + timedelta(minutes=5))
    sent = [one for one in room.channels[ChannelName.SMS].sent if one.address == "+447700900777"]
    assert len(sent) == 1, "the two that had failed go as one message"


def test_two_people_do_not_undo_each_other_unseen(room: Room) -> None:
    with room.enter("officer") as hers, room.enter("supervisor") as his:
        fields, old = open_plan(hers, 4), open_plan(his, 4)
        save(hers, {**fields, "discreet": "1"})
        before = contents(room)
        for step in ("preview", "save", "edit"):
            answer = his.post("/ops/plan", **{**old, "language": "cy"}, step=step)
            assert answer.status_code == 409
            assert "Somebody changed this contact plan" in answer.text
        assert contents(room) == before


def test_a_change_between_looking_and_storing_is_found(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand = room.services.path.by_hand
    with room.enter("officer") as browser:
        fields = open_plan(browser, 4)

        def meanwhile(*args: Any) -> None:
            with room.store.begin() as tx:
                tx.run(victims.update().values(profile_sealed=tx.cipher.seal({"victim_id": "other"})))
            by_hand.take_in(*args)

        monkeypatch.setattr(room.services.path, "by_hand", type("", (), {"take_in": staticmethod(meanwhile)}))
        answer = browser.post("/ops/plan", **{**fields, "language": "cy"}, step="save")
        assert answer.status_code == 409
    with room.store.begin() as tx:
        assert tx.all(select(events).where(events.c.source == OPERATIONS)) == []


MISTAKES = (
    ("v0-address", "01632 960123", "it is not a mobile number"),
    ("v-new-address", "not a number", "This address cannot be used"),
    ("every_days", "0", "from 1 to 365"),
    ("every_days", "ten", "from 1 to 365"),
    ("window0-from", "19:00", "Give hours such as"),
    ("v0-until", "2026-13-01", "Give days such as"),
    ("v0-until", "2020-01-01", "The last day is before the first one"),
)


def test_what_is_wrong_stands_at_its_field(light_room: Room) -> None:
    with light_room.enter("officer") as browser:
        fields = open_plan(browser, 4)
        fields |= {"window0-days": ["mon"], "window0-from": "09:00", "window0-until": "12:00"}
        for field, value, said in MISTAKES:
            wrong = {**fields, "v0-from": "2021-01-01", field: value}
            for step in ("preview", "save"):
                answer = browser.post("/ops/plan", **wrong, step=step)
                assert (answer.status_code, said in answer.text) == (400, True), (field, value)
                assert "-mistake" in answer.text
            kept = fields_of(answer.text, "/ops/plan")
            assert kept[field] == [value], "what was typed is kept"


def test_a_channel_stands_once_in_the_order(light_room: Room) -> None:
    with light_room.enter("officer") as browser:
        fields = {**open_plan(browser, 4), "channel1": "sms", "channel2": "sms"}
        assert "Name each channel once." in browser.post("/ops/plan", **fields, step="preview").text


def test_where_nothing_waits_that_is_said(light_room: Room) -> None:
    with light_room.enter("officer") as browser:
        fields = open_plan(browser, 4)
        seen = browser.post("/ops/plan", **{**fields, "format": "large_print"}, step="preview")
        assert "No message that waits changes." in seen.text
        again = browser.post("/ops/plan", **fields, step="preview")
        assert "Nothing is different from what stands." in again.text


def test_all_of_the_agreement_is_kept_as_it_was_filled_in(light_room: Room) -> None:
    with light_room.enter("officer") as browser:
        fields = open_plan(browser, 4)
        agreed = {
            "wants": "key_events", "channel1": "email", "channel2": "sms", "strict": "1", "every_days": "10",
            "window0-days": ["mon", "wed"], "window0-from": "9:30", "window0-until": "24:00",
            "language": "cy", "format": "easy_read", "discreet": "1", "voicemail": "1",
        }  # fmt: skip
        save(browser, {**fields, **agreed})
        hours = [{"days": ["mon", "wed"], "from": "09:30", "until": "24:00"}]
        assert last_update(light_room) == {
            "contract": {
                "wants": "key_events", "channels": ["email", "sms"], "windows": hours,
                "windows_strict": True, "every_days": 10,
            },
            "needs": {"language": "cy", "format": "easy_read", "discreet": True, "voicemail": True},
        }  # fmt: skip
        now = open_plan(browser, 4)
        assert {name: now[name] for name in agreed if name != "window0-days"} == {
            name: [value] for name, value in agreed.items() if name != "window0-days"
        } | {"window0-from": ["09:30"]}
        assert now["window0-days"] == ["mon", "wed"]
        assert "Nothing is different" in browser.post("/ops/plan", **now, step="preview").text
        cleared = {name: value for name, value in now.items() if name not in ("strict", "channel2")}
        save(browser, {**cleared, "channel1": "", "window0-from": "", "window0-until": "", "every_days": ""})
        assert last_update(light_room)["contract"] == {
            "channels": None, "windows": None, "windows_strict": False, "every_days": None,
        }  # fmt: skip


def test_each_contact_point_is_kept_as_it_was_filled_in(light_room: Room) -> None:
    with light_room.enter("officer") as browser:
        fields = open_plan(browser, 4)
        letter = "1 Mill Lane\r\n\r\nExampleton\r\nEX1 1AA"
        changed = {
            "v0-safe": "no", "v0-until": "2026-12-31", "v1-remove": "1",
            "v-new-channel": "letter", "v-new-address": letter, "v-new-safe": "yes",
        }  # fmt: skip
        save(browser, {**fields, **changed})
        unsafe, removed, new = last_update(light_room)["contact_points"]
        assert unsafe == {"id": "p1", "safe": False, "valid_until": "2026-12-31"}
        assert removed == {"id": "p2", "address": None}
        lines = ["1 Mill Lane", "Exampleton", "EX1 1AA"]
        assert new.pop("id").startswith("staff-")
        assert new == {"channel": "letter", "address": {"lines": lines}, "safe": True}
        now = open_plan(browser, 4)
        assert now["v0-safe"] == ["no"]
        assert now["v1-safe"] == ["yes"]
        assert now["v1-address"][0].splitlines() == lines
        assert "v2-address" not in now


def test_a_failed_address_that_was_confirmed_is_used_again(room: Room) -> None:
    with room.enter("officer") as browser:
        save(browser, {**open_plan(browser, 1), "v0-confirm": "1"})
    assert last_update(room) == {"contact_points": [{"id": "p1", "address": number_of(NORTHMOOR, 1)}]}
    with room.store.begin() as tx:
        row = tx.first(select(contact_points).where(contact_points.c.victim_id == NORTHMOOR.victim(1)))
        assert row is not None
        assert row.failed_at is None


def test_what_must_not_be_used_says_so_and_not_whose_it_is(room: Room) -> None:
    path = room.services.path
    with room.enter("officer") as browser:
        party = {
            "role": "suspect",
            "contact_points": [{"id": "x", "channel": "sms", "address": number_of(NORTHMOOR, 1)}],
        }
        taken = path.take_in([_event("case.party_recorded", SOUTHMOOR, 1, **party)], NOW, door="http")
        assert taken[0].reason is None
        path.plan([SOUTHMOOR.case(1)], NOW)
        answer = browser.get("/ops/plan", case=NORTHMOOR.case(1), victim=NORTHMOOR.victim(1))
        assert "Do not use" in answer.text
        assert "suspect" not in answer.text


def test_the_representative_is_told_instead_and_has_an_address_corrected(light_room: Room) -> None:
    path = light_room.services.path
    points = [{"id": "r1", "channel": "email", "address": "mother@example.org"}]
    needs = {"representative": {"name": "Ann Other", "contact_points": points}}
    update = _event("victim.updated", NORTHMOOR, 4, victim_id=NORTHMOOR.victim(4), needs=needs)
    assert path.take_in([update], NOW, door="http")[0].reason is None
    path.plan([NORTHMOOR.case(4)], NOW)
    with light_room.enter("officer") as browser:
        fields = open_plan(browser, 4)
        save(browser, {**fields, "r0-address": "father@example.org"})
        theirs = [{"id": "r1", "address": "father@example.org"}]
        assert last_update(light_room) == {"needs": {"representative": {"contact_points": theirs}}}
        assert open_plan(browser, 4)["r0-address"] == ["father@example.org"]


def test_what_staff_would_be_asked_is_shown(light_room: Room) -> None:
    with light_room.enter("officer") as browser:
        fields = open_plan(browser, 2)
        seen = browser.post("/ops/plan", **{**fields, "wants": "none"}, step="preview")
        assert "is held until a person acts" in seen.text
        assert "the victim wants no updates" in seen.text
        assert "What staff would be asked" in seen.text


def test_who_withdrew_may_want_updates_again(light_room: Room) -> None:
    path = light_room.services.path
    withdrew = _event("victim.withdrew", NORTHMOOR, 4, victim_id=NORTHMOOR.victim(4))
    assert path.take_in([withdrew], NOW, door="http")[0].reason is None
    path.plan([NORTHMOOR.case(4)], NOW)
    with light_room.enter("officer") as browser:
        save(browser, {**open_plan(browser, 4), "again": "1"})
        assert last_update(light_room) == {"contract": {"wants": "all"}}
        assert "again" not in browser.get(
            "/ops/plan", case=NORTHMOOR.case(4), victim=NORTHMOOR.victim(4)
        ).text.replace("try again", "")


def test_what_was_typed_is_not_lost_on_the_way_back(light_room: Room) -> None:
    with light_room.enter("officer") as browser:
        fields = {**open_plan(browser, 4), "v0-address": NEW_NUMBER, "every_days": "9"}
        seen = browser.post("/ops/plan", **fields, step="preview")
        back = browser.post("/ops/plan", **fields_of(seen.text, "/ops/plan"), step="edit")
        kept = fields_of(back.text, "/ops/plan")
        assert (kept["v0-address"], kept["every_days"]) == ([NEW_NUMBER], ["9"])


def test_an_event_that_is_refused_is_said_and_leaves_nothing(room: Room) -> None:
    before = contents(room)
    with room.enter("officer") as browser:
        fields = {**open_plan(browser, 4), "language": "fr"}
        for step in ("preview", "save"):
            answer = browser.post("/ops/plan", **fields, step=step)
            assert answer.status_code == 400
            assert "data.needs.language" in answer.text
    assert contents(room) == before


def _event(type_: str, force: Force, case: int, **data: Any) -> str:
    document = {
        "specversion": "1.0", "source": force.source, "id": f"{force.case(case)}-{type_}-later",
        "type": type_, "time": NOW.isoformat(), "data": {"case_id": force.case(case), **data},
    }  # fmt: skip
    return json.dumps(document)
