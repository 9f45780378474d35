"""The page of the log: who did what, for admins, each force's for itself."""

from __future__ import annotations

import re
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import select

from notifier.store import access_log as log
from notifier.store import accounts
from notifier.store.accounts import Account
from notifier.store.ops_tables import access_log
from notifier.store.tables import cases, victims
from tests.web.ops.conftest import Room
from tests.web.ops.world import NORTHMOOR, NOW, SOUTHMOOR, Force

_ROW = re.compile(r"<tr>\s*<td.*?</tr>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def rows(answer: httpx.Response) -> list[str]:
    """Return the lines of the page, each as its words."""
    return [" ".join(_TAG.sub(" ", row).split()) for row in _ROW.findall(answer.text)]


def keys(room: Room, force: Force, number: int) -> tuple[int, int]:
    """Return the keys of a case and of its victim."""
    with room.store.begin() as tx:
        case = tx.first(select(cases.c.pk).where(cases.c.case_id == force.case(number)))
        victim = tx.first(select(victims.c.pk).where(victims.c.victim_id == force.victim(number)))
    assert case is not None
    assert victim is not None
    return case.pk, victim.pk


def look(
    room: Room, name: str, case: Force, number: int, *, about: str | None = None, minutes: int = 0
) -> None:
    """Have an account look at a case of a force, so many minutes before now."""
    case_pk, victim_pk = keys(room, case, number)
    with room.store.begin() as tx:
        row = accounts.named(tx, name)
        assert row is not None
        log.note(
            tx, accounts.record(row), "looked at a case", NOW - timedelta(minutes=minutes),
            about=about, case_pk=case_pk, victim_pk=victim_pk,
        )  # fmt: skip


def test_it_says_who_did_what_when_and_about_whom(room: Room) -> None:
    with room.enter("officer", name="PC Shah"), room.enter("admin", name="Ada") as browser:
        look(room, "PC Shah", NORTHMOOR, 2, about="N7", minutes=90)
        found = rows(browser.get("/ops/log"))
    assert found[-1].startswith("Wed 1 Apr 2026, 12:30:00 PC Shah (officer) looked at a case N7")
    assert found[-1].endswith("n-case-2 n-victim-2")
    assert [row.split("2026, ")[1][9:] for row in found[:2]] == [
        "Ada (admin) signed in – – –",
        "PC Shah (officer) signed in – – –",
    ]


def test_to_look_at_it_stands_in_it(light_room: Room) -> None:
    with light_room.enter("admin", name="Ada") as browser:
        assert not any("looked at the log" in row for row in rows(browser.get("/ops/log")))
        browser.get("/ops/log", case=NORTHMOOR.case(2))
        newest, before, *_ = rows(browser.get("/ops/log"))
    assert "Ada (admin) looked at the log – n-case-2 –" in newest
    assert "Ada (admin) looked at the log – – –" in before


def test_it_is_for_admins(light_room: Room) -> None:
    for role in ("viewer", "officer", "supervisor"):
        with light_room.enter(role) as browser:
            assert browser.get("/ops/log").status_code == 403
            assert "/ops/log" not in browser.get("/ops/").text
    with light_room.enter("admin") as browser:
        assert 'href="/ops/log"' in browser.get("/ops/").text


def test_an_admin_of_a_force_sees_that_force_only(room: Room) -> None:
    with (
        room.enter("officer", name="North"),
        room.enter("officer", SOUTHMOOR, name="South"),
        room.enter("supervisor", None, name="Everywhere"),
        room.enter("admin", name="Ada") as of_one,
        room.enter("admin", None, name="Eve") as of_all,
    ):
        for name in ("North", "South", "Everywhere"):
            look(room, name, NORTHMOOR, 1)
            look(room, name, SOUTHMOOR, 1)
        page = of_one.get("/ops/log")
        assert "South" not in page.text
        assert "s-case" not in page.text
        assert "s-victim" not in page.text
        assert "Everywhere" not in page.text
        seen = [row for row in rows(page) if "looked at a case" in row]
        assert [row.split("case ", 1)[1] for row in seen] == ["– – –", "– n-case-1 n-victim-1"], (
            "she sees that somebody of hers looked, and never at which case of another force"
        )
        everything = rows(of_all.get("/ops/log"))
        assert sum("looked at a case" in row for row in everything) == 6
        assert sum("s-case-1 s-victim-1" in row for row in everything) == 3


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ({"account": "PC Shah"}, 2),
        ({"account": " PC Shah "}, 2),
        ({"account": "nobody"}, 0),
        ({"case": NORTHMOOR.case(1)}, 2),
        ({"case": NORTHMOOR.case(1), "account": "PC Shah"}, 1),
        ({"case": "no-such-case"}, 0),
        ({"case": SOUTHMOOR.case(1)}, 0),
        ({"day": "2026-04-01"}, 3),
        ({"day": "2026-03-31"}, 1),
        ({"day": "2026-03-30"}, 0),
        ({"day": "", "account": "", "case": ""}, 3),
    ],
)
def test_it_is_filtered_by_account_by_case_and_by_day(
    light_room: Room, query: dict[str, str], seen: int
) -> None:
    with (
        light_room.enter("officer", name="PC Shah"),
        light_room.enter("officer", name="PC Ray"),
        light_room.enter("admin") as browser,
    ):
        look(light_room, "PC Shah", NORTHMOOR, 1)
        look(light_room, "PC Ray", NORTHMOOR, 1)
        look(light_room, "PC Shah", NORTHMOOR, 2, minutes=24 * 60)
        look(light_room, "PC Shah", SOUTHMOOR, 1, minutes=10 * 24 * 60)
        found = rows(browser.get("/ops/log", **query))
    assert sum("looked at a case – n-case" in row for row in found) == seen


@pytest.mark.parametrize(
    "query",
    [{"day": "tomorrow"}, {"day": "1999-12-31"}, {"day": "9999-12-31"}, {"page": "0"}, {"page": "201"},
     {"until": "2026-04-01T12:00:00"}, {"until": "0001-01-01T00:00:00+14:00"}, {"account": "\x00"}],
)  # fmt: skip
def test_what_makes_no_sense_is_said_to_be_so(light_room: Room, query: dict[str, str]) -> None:
    with light_room.enter("admin") as browser:
        assert browser.get("/ops/log", **query).status_code == 400


def test_pages_are_turned_and_what_comes_meanwhile_moves_nothing(light_room: Room) -> None:
    with light_room.enter("officer", name="PC Shah"), light_room.enter("admin") as browser:
        for number in range(120):
            look(light_room, "PC Shah", NORTHMOOR, 1, about=f"N{number + 1}", minutes=200 - number)
        first = browser.get("/ops/log", account="PC Shah")
        look(light_room, "PC Shah", NORTHMOOR, 1, about="N999", minutes=-60)
        second = browser.get(link(first, "next"))
        third = browser.get(link(second, "next"))
        seen = [row for page in (first, second, third) for row in rows(page)]
        assert [len(rows(page)) for page in (first, second, third)] == [50, 50, 21]
        assert len(set(seen)) == 121, "120 looks, and that he signed in"
        assert not any("N999" in row for row in seen)
        assert 'rel="next"' not in third.text
        assert rows(browser.get(link(third, "prev"))) == rows(second)


def link(answer: httpx.Response, kind: str) -> str:
    found = re.search(rf'rel="{kind}" href="([^"]+)"', answer.text) or re.search(
        rf'href="([^"]+)" rel="{kind}"', answer.text
    )
    assert found is not None
    return found[1].replace("&amp;", "&")


def test_a_day_ends_where_the_force_is(room: Room) -> None:
    """A line of 23:30 UTC in summer belongs to the next day."""
    with room.enter("officer", name="PC Shah"), room.enter("admin") as browser:
        look(room, "PC Shah", NORTHMOOR, 1, about="N1", minutes=13 * 60 + 30)
        of = {day: browser.get("/ops/log", day=day) for day in (date(2026, 3, 31), date(2026, 4, 1))}
    assert [any("N1" in row for row in rows(answer)) for answer in of.values()] == [False, True]


def test_the_store_gives_nothing_about_a_case_of_another_force(room: Room) -> None:
    reader = Account(1, "Ada", accounts.AccountRole.ADMIN, NORTHMOOR.name)
    with room.store.begin() as tx:
        assert log.key_of(tx, reader, SOUTHMOOR.case(1)) is None
        assert log.key_of(tx, reader, NORTHMOOR.case(1)) is not None
        assert tx.all(select(access_log)) == []
