"""*Today*: what is red is on top, each force sees its own alone, and every number is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path as File
from typing import Any

import pytest
import redis
from sqlalchemy import insert, update

from notifier.records import NoticeState, TaskKind, Tone, What
from notifier.store import today
from notifier.store.tables import (
    cases,
    escalations,
    events,
    journal,
    notices,
    providers,
    registrations,
    sources,
    tasks,
    victims,
)
from notifier.web.ops.charts import WIDTH, Share, chart
from tests.builders import a_store
from tests.fakes import fake_channels
from tests.web.ops.conftest import Room, running_room
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force, play

HOUR = timedelta(hours=1)


@contextmanager
def a_room(home: File, *forces: Force, **settings: Any) -> Iterator[Room]:
    """Give a room with the cases of these forces, whose clock stands still."""
    channels = fake_channels()
    with (
        a_store(f"sqlite:///{home / 'today.db'}") as store,
        running_room(store, home, channels, speed=0, **settings) as room,
    ):
        play(room.services.path, channels, *forces)
        yield room


@pytest.fixture
def bare(tmp_path: File) -> Iterator[Room]:
    """A room with two cases, one of each force, with nothing about them: keys 1 and 2."""
    with a_room(tmp_path) as room:
        with room.store.begin() as tx:
            for force in (NORTHMOOR, SOUTHMOOR):
                sealed = tx.cipher.seal({})
                tx.run(insert(cases).values(case_id=force.case(1), force=force.name, profile_sealed=sealed))
                tx.run(insert(victims).values(victim_id=force.victim(1), profile_sealed=sealed))
        yield room


def day_of(room: Room, force: Force | None = NORTHMOOR, **query: Any) -> str:
    """Return the page as somebody of the force sees it."""
    with room.enter("supervisor", force) as browser:
        answer = browser.get("/ops/", **query)
        assert answer.status_code == 200
        return answer.text


def table(page: str, caption: str) -> list[list[str]]:
    """Return the cells of the table with this caption, without their tags; none where it is not there."""
    for found in re.findall(r"<table.*?</table>", page, re.DOTALL):
        if f"<caption>{caption}</caption>" in unescape(found):
            rows = re.findall(r"<tr.*?</tr>", found.partition("<tbody>")[2], re.DOTALL)
            return [
                [words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows
            ]
    return []


def words(html: str) -> str:
    """Return what is read of a piece of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def column(page: str, caption: str, place: int) -> list[str]:
    """Return one column of a table."""
    return [row[place] for row in table(page, caption)]


RED = "Escalations that nobody looks after"
NO_CONTACT = "The victim could not be reached in any agreed way."
AT_RISK = "A victim must be told by a legal time limit, and nothing is planned that would do it."
MERGED = "Records of persons were merged or split. What waits for them is held."


def test_what_is_red_comes_first_and_safety_first_of_it(room: Room) -> None:
    page = day_of(room)
    assert "<h1>Today, Wednesday 1 April 2026</h1>" in page
    shown = [(row[0].partition(" ")[2], *row[1:4]) for row in table(page, RED)]
    assert shown == [
        ("Safety", NO_CONTACT, "n-case-3", "3, unit"),  # her suspect was released
        ("Safety", AT_RISK, "n-case-3", "3, unit"),
        ("", NO_CONTACT, "n-case-1", "3, unit"),
        ("", AT_RISK, "n-case-3", "2, supervisor"),  # the acknowledgement, of two days ago
        ("", MERGED, "n-case-5", "1, officer"),
        ("", AT_RISK, "n-case-2", "1, officer"),
    ]
    assert column(page, "Duties overdue", 1) == ["n-case-3"]
    assert column(page, "Tasks overdue", 2) == ["n-case-1", "n-case-3"]
    assert column(page, "Duties due within 24 hours", 1) == ["n-case-2", "n-case-3"]
    assert column(page, "Tasks due within 24 hours", 2) == ["n-case-2"]
    assert column(page, "Failures of the last 28 days", 2) == ["2"], "to her of case 1, and of case 3"
    order = [page.index(f"<caption>{caption}") for caption in (RED, "Duties overdue", "Tasks overdue")]
    assert order == sorted(order)
    assert page.index("<h2>Due next") > order[-1]
    assert "Nothing is red." not in page


def test_who_sees_every_force_sees_both(room: Room) -> None:
    page = day_of(room, None)
    assert column(page, "Duties overdue", 1) == ["n-case-3", "s-case-3"]
    assert sorted(column(page, "Tasks overdue", 2)) == ["n-case-1", "n-case-3", "s-case-1", "s-case-3"]


def test_another_force_makes_no_difference(tmp_path: File) -> None:
    """Neither a row nor a number tells a force that there is another one; only ids are given to all alike."""
    pages = []
    for forces in ((NORTHMOOR,), (NORTHMOOR, SOUTHMOOR)):
        home = tmp_path / str(len(forces))
        home.mkdir()
        with a_room(home, *forces) as room:
            pages.append(re.sub(r"\b[ETN]\d+|[0-9a-f]{64}", "#", day_of(room)))
    assert pages[0] == pages[1]


def test_nothing_is_red_where_there_is_nothing(tmp_path: File) -> None:
    with a_room(tmp_path) as room:
        for force in (NORTHMOOR, None):
            page = day_of(room, force)
            assert "Nothing is red." in page
            assert "<table" not in page
            assert set(re.findall(r'class="figure">(.*?)<', page)) == {"0"}
        with room.enter("viewer") as browser:
            assert "There is none." in browser.get("/ops/due").text


# Lists and counts


def escalate(room: Room, number: int, case_pk: int | None = 1, **values: Any) -> None:
    row = {"cause": "x", "reason": "no_contact", "case_pk": case_pk, "level": 1, "safety": False}
    with room.store.begin() as tx:
        tx.run(insert(escalations), [{**row, "opened_at": NOW - HOUR, **values}] * number)


def give_notices(room: Room, number: int, case_pk: int = 1, **values: Any) -> None:
    row = {
        "case_pk": case_pk, "victim_pk": case_pk, "event_type": "case.charged", "occurred_at": NOW,
        "made_at": NOW, "state": NoticeState.PLANNED, "tone": Tone.ROUTINE, "queue": "routine",
    }  # fmt: skip
    with room.store.begin() as tx:
        tx.run(insert(notices), [{**row, **values}] * number)


def test_a_list_shows_ten_and_leads_to_all(bare: Room) -> None:
    escalate(bare, 12)
    escalate(bare, 5, case_pk=2)
    page = day_of(bare)
    assert len(table(page, RED)) == today.SHOWN
    assert "All: 12 escalations that nobody looks after" in page
    with bare.enter("viewer") as browser:
        link = re.search(r'href="([^"]*)">All: 12', page)
        assert link
        assert browser.get(unescape(link[1])).status_code == 200


def test_what_somebody_looks_after_is_not_red(bare: Room) -> None:
    escalate(bare, 1, acknowledged_at=NOW, acknowledged_by="Jo")
    escalate(bare, 1, resolved_at=NOW)
    assert "Nothing is red." in day_of(bare)


def test_what_belongs_to_no_case_is_for_who_sees_every_force(bare: Room) -> None:
    escalate(bare, 1, case_pk=None, reason="source_silent", source="urn:s:records")
    assert "Nothing is red." in day_of(bare)
    assert column(day_of(bare, None), RED, 2) == ["no case"]


def test_nobody_counts_a_flood_to_its_end(bare: Room) -> None:
    escalate(bare, today.MOST + 1)
    assert 'class="figure">more than 1,000</span> escalations' in day_of(bare)
    with bare.store.begin() as tx:
        tx.run(update(escalations).where(escalations.c.pk == 1).values(resolved_at=NOW))
    assert 'class="figure">1000</span> escalations' in day_of(bare)


@pytest.mark.parametrize(
    ("values", "overdue", "coming"),
    [
        ({"deadline": NOW - HOUR}, 1, 0),
        ({"deadline": NOW}, 0, 1),
        ({"deadline": NOW + 23 * HOUR}, 0, 1),
        ({"deadline": NOW + 24 * HOUR}, 0, 0),
        ({"deadline": None, "escalate_at": NOW + HOUR}, 0, 1),
        ({"deadline": None, "escalate_at": None}, 1, 0),  # it was escalated already
        ({"deadline": NOW - HOUR, "done_at": NOW}, 0, 0),
    ],
)
def test_when_a_task_is_due(bare: Room, values: dict[str, Any], overdue: int, coming: int) -> None:
    row = {"cause": "x", "kind": TaskKind.CALL_BACK, "case_pk": 1, "safety": False}
    with bare.store.begin() as tx:
        tx.run(insert(tasks).values(**row, opened_at=NOW - 2 * HOUR, **values))
    page = day_of(bare)
    assert len(table(page, "Tasks overdue")) == overdue
    assert len(table(page, "Tasks due within 24 hours")) == coming


@pytest.mark.parametrize("state", NoticeState)
def test_a_duty_is_overdue_while_she_was_not_told(bare: Room, state: NoticeState) -> None:
    give_notices(bare, 1, state=state, deadline=NOW - HOUR)
    met = {NoticeState.SENT, NoticeState.TOLD, NoticeState.SUPPRESSED, NoticeState.CANCELLED}
    assert len(table(day_of(bare), "Duties overdue")) == (state not in met)


def test_all_duties_page_by_page(bare: Room) -> None:
    give_notices(bare, 53, deadline=NOW - HOUR)
    give_notices(bare, 4, deadline=NOW + HOUR)
    give_notices(bare, 9, case_pk=2, deadline=NOW - HOUR)
    assert "All: 53 duties overdue" in day_of(bare)
    with bare.enter("viewer") as browser:
        counted = [
            column(browser.get("/ops/due", page=page).text, "Those that end first are on top", 1)
            for page in (1, 2, 3)
        ]
        assert [len(rows) for rows in counted] == [50, 3, 0]
        assert {case for rows in counted for case in rows} == {"n-case-1"}
        assert len(table(browser.get("/ops/due", when="next").text, "Those that end first are on top")) == 4
        assert browser.get("/ops/due", when="never").status_code == 400


def test_updates_and_reminders_of_the_day_are_counted(bare: Room) -> None:
    midnight = NOW + 10 * HOUR  # of the local day
    with bare.store.begin() as tx:
        event = tx.insert(insert(events).values(**an_event(NORTHMOOR)))
        for case, courtesy, prompt in ((1, NOW, None), (2, NOW, NOW)):
            row = {"case_pk": case, "victim_pk": 1, "event_pk": event, "since": NOW}
            tx.run(insert(registrations).values(**row, courtesy_at=courtesy, prompt_at=prompt))
        for name in ("third", "fourth"):
            tx.run(insert(victims).values(victim_id=name, profile_sealed=b""))
        for number, at in enumerate((midnight - HOUR, midnight)):
            row = {"case_pk": 1, "victim_pk": 3 + number, "event_pk": event, "since": NOW}
            tx.run(insert(registrations).values(**row, courtesy_at=NOW + 99 * HOUR, prompt_at=at))
    page = day_of(bare)
    assert 'class="figure">1</span> updates without news' in page
    assert 'class="figure">1</span> reminders to officers' in page


def an_event(force: Force, **values: Any) -> dict[str, Any]:
    times = dict.fromkeys(("published_at", "occurred_at", "arrived_at"), NOW - HOUR)
    row = {
        "source": "urn:n:records",
        "event_id": force.name,
        "type": "case.progress",
        "case_id": force.case(1),
    }
    return {**row, **times, "backfill": False, "data_sealed": b"", "content_hash": "", **values}


# What failed


def fail(room: Room, number: int, at: datetime, case_pk: int | None = 1, **values: Any) -> None:
    row = {"at": at, "what": What.FAILED, "channel": "sms", "reason": "bad_address", "why": []}
    with room.store.begin() as tx:
        tx.run(insert(journal), [{**row, "case_pk": case_pk, **values}] * number)


def test_the_pictures_have_the_numbers(bare: Room) -> None:
    month = timedelta(days=28)
    fail(bare, 3, NOW - HOUR)
    fail(bare, 2, NOW - 25 * HOUR, what=What.UNCONFIRMED, reason=None)
    fail(bare, 1, NOW - month + HOUR, channel="email", reason="blocked")
    fail(bare, 7, NOW - month - HOUR)  # too long ago
    fail(bare, 5, NOW - HOUR, what=What.DELIVERED)  # no failure
    fail(bare, 4, NOW - HOUR, case_pk=2)  # of another force
    fail(bare, 1, NOW - HOUR, case_pk=None)  # a message to staff, about no case
    page = day_of(bare)
    bad = ["text message", "the address does not exist or does not fit the channel"]
    assert table(page, "Failures of the last 24 hours") == [[*bad, "3"]]
    assert table(page, "Failures of the last 28 days") == [
        [*bad, "3"],
        ["text message", "no receipt came in time", "2"],
        ["email", "the person or the network refuses our messages", "1"],
    ]
    month_picture = page[page.index('aria-labelledby="chart-month"') :].partition("</svg>")[0]
    assert re.findall(r"<text.*?>(.*?)</text>", month_picture) == [
        "text message, bad address: 3",
        "text message, no receipt: 2",
        "email, blocked: 1",
    ]
    lengths = [float(width) for width in re.findall(r'<rect.*?width="([\d.]+)"', month_picture)]
    assert lengths == pytest.approx([WIDTH, WIDTH * 2 / 3, WIDTH / 3], abs=0.1)
    assert column(day_of(bare, None), "Failures of the last 24 hours", 2) == ["8"]


def test_many_small_numbers_are_put_together() -> None:
    drawn = chart([Share(("sms", "failed", str(number)), number) for number in range(1, 13)])
    assert [bar.share.number for bar in drawn.bars] == [12, 11, 10, 9, 8, 7, 6, 15]
    assert drawn.bars[-1].share.kind is None
    assert drawn.total == sum(range(1, 13))
    assert max(bar.length for bar in drawn.bars) == WIDTH
    assert chart([]).height == 0


# The service


def panel(page: str, heading: str) -> str:
    """Return what a panel says."""
    found = re.search(rf'<div class="panel[^"]*">\s*<h3>{heading}</h3>(.*?)</div>', page, re.DOTALL)
    return words(found[1]) if found else ""


def test_each_sees_what_waits_of_her_own_force(bare: Room) -> None:
    give_notices(bare, 2, send_at=NOW - HOUR)
    give_notices(bare, 1, send_at=NOW, queue="urgent")
    give_notices(bare, 1, send_at=NOW + HOUR)
    give_notices(bare, 4, case_pk=2, send_at=NOW - 2 * HOUR)
    flood: dict[str, Any] = {"state": NoticeState.HELD, "hold": "volume", "event_type": "custody.released"}
    give_notices(bare, 3, **flood, source="urn:n:records")
    give_notices(bare, 6, case_pk=2, **flood, source="urn:s:records")
    with bare.store.begin() as tx:
        for force in (NORTHMOOR, SOUTHMOOR):
            tx.run(insert(events).values(**an_event(force)))
        tx.run(insert(events).values(**an_event(SOUTHMOOR, event_id="aside", problem="broken")))
        tx.run(insert(sources).values(source="urn:s:records", first_at=NOW, silent_since=NOW - HOUR))
        tx.run(insert(providers).values(name="twilio", out_since=NOW - HOUR))
    page, everything = day_of(bare), day_of(bare, None)
    due, held = "Messages due now", "Held by the volume breaker"
    assert (
        panel(page, due)
        == "3 queue routine: 2 queue urgent: 1 The oldest is due since Wed 1 Apr 2026, 13:00 ."
    )
    assert panel(everything, due).startswith("7 queue routine: 6 ")
    assert panel(page, "Events waiting to be planned") == "1"
    assert panel(everything, "Events waiting to be planned") == "2"
    assert panel(page, held) == "3 a release from custody: 3 Release or discard what is held"
    assert "a release from custody (urn:s:records): 6" in panel(everything, held)
    assert panel(page, "Providers") == "twilio is out since Wed 1 Apr 2026, 13:00 ."
    assert "urn:s:records is silent since" in panel(everything, "Sources")
    assert "urn:" not in page


def test_without_redis_the_page_says_so(bare: Room) -> None:
    assert panel(day_of(bare), "Queue of events") == "Redis does not answer."


def test_the_queue_is_counted_for_who_sees_every_force(tmp_path: File, redis_url: str) -> None:
    with a_room(tmp_path, redis_url=redis_url) as room, redis.Redis.from_url(redis_url) as client:
        client.xadd(room.services.settings.event_stream, {"event": "{}"})
        assert panel(day_of(room), "Queue of events") == "Redis answers."
        assert panel(day_of(room, None), "Queue of events").startswith("1 and 0 that are being taken in")


def test_the_page_renews_itself_until_it_is_told_to_stand_still(bare: Room) -> None:
    assert 'id="live" hx-get="/ops/" hx-select="#live" hx-trigger="every 30s"' in day_of(bare)
    assert "hx-trigger" not in day_of(bare, still=1)


def test_every_link_of_what_renews_itself_has_a_name_to_come_back_to(bare: Room) -> None:
    """Whoever is on one by keyboard would lose her place every 30 seconds."""
    escalate(bare, 12)
    give_notices(bare, 1, deadline=NOW - HOUR, hold="volume", state=NoticeState.HELD)
    live = day_of(bare).partition('<section id="live"')[2]
    links = re.findall(r"<a [^>]*>", live)
    ids = [found[1] for link in links if (found := re.search(r'id="([^"]+)"', link))]
    assert len(ids) == len(links) > 12
    assert len(set(ids)) == len(ids)


def test_the_day_is_named_in_welsh(bare: Room) -> None:
    with bare.enter("viewer") as browser:
        browser.http.cookies.set("notifier-language", "cy")
        assert "Dydd Mercher 1 Ebrill 2026" in browser.get("/ops/").text
