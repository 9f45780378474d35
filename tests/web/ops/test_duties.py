"""*Duties*: the numbers are those of the command line, with their cases, for the own force only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path as File
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from notifier import compliance_report, duties
from notifier.compliance_report import Record
from notifier.store.ops_tables import access_log
from notifier.store.tables import cases
from tests.builders import POLICIES, at, day
from tests.web.ops.conftest import Browser, Room, running_room
from tests.web.ops.world import NORTH, NORTHMOOR, SOUTH, SOUTHMOOR

LATER = at("Mon 20 Apr 2026 09:00")
MARCH, APRIL = {"month": "2026-03"}, {"month": "2026-04"}
_ROW = re.compile(r"<tr>(.*?)</tr>", re.S)
_CELL = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.S)
_TAG = re.compile(r"<[^>]+>")


def counted(room: Room) -> list[Record]:
    """Count what is due until the middle of April, as the command does; return its records."""
    first, last = day("Mon 30 Mar 2026"), day("Mon 20 Apr 2026")
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        room.store.run(partial(duties.count, day=on, policies=POLICIES, now=LATER))
    with room.store.read() as tx:
        return compliance_report.records(tx, duties.months(first, last), POLICIES)


@pytest.fixture
def room(room: Room, tmp_path: File) -> Iterator[Room]:
    """The room over each kind of database, three weeks later: all that was to be told is over."""
    with running_room(room.store, tmp_path, room.channels, now=LATER) as later:
        yield later


@pytest.fixture
def late_room(light_room: Room, tmp_path: File) -> Iterator[Room]:
    """The same over SQLite, for what has nothing to do with the database."""
    with running_room(light_room.store, tmp_path, light_room.channels, now=LATER) as later:
        yield later


@pytest.fixture
def records(room: Room) -> list[Record]:
    """What the command line says, over each kind of database."""
    return counted(room)


@pytest.fixture
def late_records(late_room: Room) -> list[Record]:
    """The same over SQLite."""
    return counted(late_room)


def tables(html: str) -> list[list[list[str]]]:
    """Return the body rows of each table as plain words."""
    found = []
    for table in re.findall(r"<tbody>(.*?)</tbody>", html, re.S):
        rows = [
            [" ".join(_TAG.sub("", cell).split()) for cell in _CELL.findall(row)]
            for row in _ROW.findall(table)
        ]
        found.append(rows)
    return found


def numbers(rows: list[list[str]]) -> list[list[int]]:
    return sorted([int(cell) for cell in row[-4:-1]] for row in rows)


def of_north(records: list[Record], month: str) -> list[Record]:
    return [one for one in records if one["force"] == NORTH and one["month"] == month]


@pytest.mark.parametrize("month", ["2026-03", "2026-04"])
def test_the_page_has_the_numbers_of_the_command_line(room: Room, records: list[Record], month: str) -> None:
    with room.enter("viewer") as browser:
        html = browser.get("/ops/duties", month=month).text
    by_limit, by_team = tables(html)
    expected = sorted([one["met"], one["late"], one["missed"]] for one in of_north(records, month))
    assert expected
    assert numbers(by_team) == expected
    assert numbers(by_limit) == expected, "the force has one team"
    (total,) = re.findall(r"<tfoot>(.*?)</tfoot>", html, re.S)
    sums = [sum(one[name] for one in of_north(records, month)) for name in ("met", "late", "missed")]
    assert [int(_TAG.sub("", cell)) for cell in _CELL.findall(total)[-4:-1]] == sums
    assert "As counted on Mon 20 Apr 2026, 09:00." in html
    assert ("5 working days, with enhanced rights 1" in html) == bool(expected)


def test_without_a_month_it_is_this_one_and_leads_to_the_one_before(light_room: Room) -> None:
    with light_room.enter("viewer") as browser:
        html = browser.get("/ops/duties").text
    assert "<h1>Duties, April 2026</h1>" in html
    assert "/ops/duties?month=2026-03" in html
    assert "month=2026-05" not in html, "nothing is due yet that is over"
    assert "Days that are not counted yet: 1." in html


def links(html: str, result: str) -> list[str]:
    found = re.findall(r'href="(/ops/duties/cases\?[^"]+)"', html)
    return [link.replace("&amp;", "&") for link in found if f"result={result}" in link]


def test_every_number_leads_to_as_many_cases(room: Room, records: list[Record]) -> None:
    with room.enter("officer") as browser:
        html = browser.get("/ops/duties", **MARCH).text + browser.get("/ops/duties", **APRIL).text
        for result in ("missed", "late"):
            for link in links(html, result):
                number = int(re.search(re.escape(link.replace("&", "&amp;")) + r'"[^>]*>(\d+)<', html)[1])  # type: ignore[index]
                (rows,) = tables(browser.get(link).text)
                assert len(rows) == number, link
        assert links(html, "missed"), "there is something to look at"


def test_a_missed_duty_is_told_with_its_deadline_and_why(late_room: Room, late_records: list[Record]) -> None:
    """The victim of the first case cannot be reached."""
    with late_room.enter("officer") as browser:
        html = browser.get(
            "/ops/duties/cases", **APRIL, result="missed", event_type="case.suspect_arrested"
        ).text
    ((row,),) = tables(html)
    case, victim, duty, deadline, told, why = row
    assert (case, victim) == (NORTHMOOR.case(1), NORTHMOOR.victim(1))
    assert (duty, deadline, told) == ("The arrest of a suspect", "Thu 9 Apr 2026, 23:59", "not yet")
    assert "no agreed way to reach the victim is left" in why
    assert f'href="/ops/case?id={NORTHMOOR.case(1)}"' in html


def test_what_was_met_is_shown_day_by_day(room: Room, records: list[Record]) -> None:
    with room.enter("officer") as browser:
        html = browser.get(
            "/ops/duties/cases", **APRIL, result="met", event_type="case.suspect_arrested"
        ).text
        assert "Thu 9 Apr 2026: 1 met" in html
        (link,) = [one for one in links(html, "met") if "day=" in one]
        ((row,),) = tables(browser.get(link).text)
    assert row[0] == NORTHMOOR.case(4)
    assert row[4:] == ["Tue 31 Mar 2026, 10:00, by a message", "told in time"]


def test_many_cases_come_in_pages(room: Room, records: list[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.web.ops.duties._CASES", 1)
    shown: list[str] = []
    with room.enter("officer") as browser:
        path: str | None = "/ops/duties/cases?month=2026-04&result=missed"
        while path is not None:
            html = browser.get(path).text
            shown += [row[0] for (row,) in tables(html)]
            following = re.search(r'rel="next" href="([^"]+)"', html)
            path = following[1].replace("&amp;", "&") if following else None
    missed = sum(one["missed"] for one in of_north(records, "2026-04"))
    assert len(shown) == missed > 1


def test_many_teams_come_in_pages(
    late_room: Room, late_records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.web.ops.duties._ROWS", 2)
    with late_room.enter("viewer") as browser:
        first = browser.get("/ops/duties", **APRIL).text
        second = browser.get("/ops/duties", **APRIL, page=2).text
    _, on_first = tables(first)
    _, on_second = tables(second)
    assert len(on_first) == 2
    assert on_second
    assert on_first[0] not in on_second
    assert tables(first)[0] == tables(second)[0], "the sums are of all pages"


def test_a_team_can_be_chosen(late_room: Room, late_records: list[Record]) -> None:
    with late_room.enter("viewer") as browser:
        hers = browser.get("/ops/duties", **APRIL, unit="n-unit").text
        nobodys = browser.get("/ops/duties", **APRIL, unit="-").text
    (by_limit,) = tables(hers)
    expected = [[one["met"], one["late"], one["missed"]] for one in of_north(late_records, "2026-04")]
    assert numbers(by_limit) == sorted(expected)
    assert "No duty was due" in nobodys


def test_a_case_without_a_team_counts_too(late_room: Room) -> None:
    with late_room.store.begin() as tx:
        tx.run(update(cases).where(cases.c.case_id == NORTHMOOR.case(4)).values(unit_id=None))
    counted(late_room)
    with late_room.enter("officer") as browser:
        html = browser.get("/ops/duties", **APRIL, unit="-").text
        assert "none on file" in html
        (link, *_) = links(html, "met")
        assert "Thu 9 Apr 2026" in browser.get(link).text


def test_another_force_is_invisible(room: Room, records: list[Record]) -> None:
    looked_at: list[str] = []
    with room.enter("supervisor") as browser:
        for path in ("/ops/duties", "/ops/duties.csv"):
            for month in (MARCH, APRIL):
                looked_at += [browser.get(path, **month, **more).text for more in ({}, {"force": SOUTH})]
        for result in ("met", "late", "missed"):
            for more in ({}, {"force": SOUTH}, {"day": "2026-04-09"}):
                looked_at.append(browser.get("/ops/duties/cases", **APRIL, result=result, **more).text)
        for path in ("/ops/duties", "/ops/duties/cases"):
            theirs = browser.get(path, **APRIL, result="missed", unit="s-unit").text
            nobodys = browser.get(path, **APRIL, result="missed", unit="no-unit").text
            assert theirs.replace("s-unit", "no-unit") == nobodys
    assert not [text for text in looked_at if SOUTH in text or "s-case" in text or "s-unit" in text]
    assert any("n-case" in text for text in looked_at)


def test_a_case_that_went_to_another_force_is_not_shown_before_it_is_counted_again(
    late_room: Room, late_records: list[Record]
) -> None:
    with late_room.store.begin() as tx:
        tx.run(update(cases).where(cases.c.case_id == NORTHMOOR.case(1)).values(force=SOUTHMOOR.name))
    with late_room.enter("officer") as browser:
        html = browser.get("/ops/duties/cases", **APRIL, result="missed").text
    assert NORTHMOOR.case(1) not in html


def test_who_looks_after_every_force_sees_them_apart(late_room: Room, late_records: list[Record]) -> None:
    with late_room.enter("admin", None) as browser:
        html = browser.get("/ops/duties", **APRIL).text
        _, by_team = tables(html)
        assert {row[0] for row in by_team} == {NORTHMOOR.name, SOUTHMOOR.name}
        chosen = browser.get("/ops/duties", **APRIL, force=SOUTHMOOR.name).text
        assert "n-unit" not in chosen
        behind = browser.get("/ops/duties/cases", **APRIL, result="missed", force=SOUTHMOOR.name).text
        assert "s-case-1" in behind
        assert "n-case-1" not in behind


def test_looking_at_the_cases_is_noted_and_at_the_numbers_not(
    late_room: Room, late_records: list[Record]
) -> None:
    with late_room.enter("officer") as browser:
        browser.get("/ops/duties", **APRIL)
        browser.get("/ops/duties/cases", **APRIL, result="missed")
    with late_room.store.read() as tx:
        lines = [
            (row.account, row.action, row.about)
            for row in tx.all(select(access_log).order_by(access_log.c.pk))
        ]
    assert lines[-1] == ("officer of Northmoor Police", "looked at the cases behind duties", "2026-04")
    assert sum("duties" in action for _, action, _ in lines) == 1


def test_only_supervisors_take_it_away(light_room: Room) -> None:
    for role, status in (("viewer", 403), ("officer", 403), ("supervisor", 200)):
        with light_room.enter(role) as browser:
            html = browser.get("/ops/duties").text
            for path in ("/ops/duties.csv", "/ops/duties.pdf"):
                assert browser.get(path).status_code == status
                assert (f"{path}?" in html) == (status == 200)


def test_a_spreadsheet_has_the_numbers_of_the_command_line(
    late_room: Room, late_records: list[Record]
) -> None:
    with late_room.enter("supervisor") as browser:
        answer = browser.get("/ops/duties.csv", **APRIL)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="duties-2026-04.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows == [
        {name: str(value) for name, value in one.items()} for one in of_north(late_records, "2026-04")
    ]


def read(browser: Browser, **query: Any) -> PdfReader:
    answer = browser.get("/ops/duties.pdf", **query)
    assert answer.headers["Content-Type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.content))


def test_the_paper_can_be_read_aloud_and_has_the_same_numbers(
    late_room: Room, late_records: list[Record]
) -> None:
    with late_room.enter("supervisor") as browser:
        pdf = read(browser, **APRIL)
    text = "\n".join(each.extract_text() for each in pdf.pages)
    for one in of_north(late_records, "2026-04"):
        line = f"{one['limit']} {one['met']} {one['late']} {one['missed']} {one['percent_in_time']:.1f} %"
        assert line in " ".join(text.split()), line
    assert "As counted on Mon 20 Apr 2026, 09:00." in text
    assert SOUTHMOOR.name not in text
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Duties, April 2026"
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712  # of pypdf's own
    assert root["/Lang"] == "en-GB"
    assert b"<pdfuaid:part>1" in root["/Metadata"].get_data()
    assert {"/Table", "/TR", "/TH", "/TD", "/THead"} <= set(tags(root["/StructTreeRoot"]))


def tags(node: Any) -> Iterator[str]:
    """Yield the kinds of everything in a document's tree of tags."""
    if "/S" in node:
        yield node["/S"]
    children = node.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        child = child.get_object() if hasattr(child, "get_object") else child
        if hasattr(child, "get"):
            yield from tags(child)


def test_the_paper_is_in_welsh_for_who_reads_welsh(late_room: Room, late_records: list[Record]) -> None:
    with late_room.enter("supervisor") as browser:
        browser.get("/ops/")
        browser.post("/ops/language", language="cy", back="/ops/")
        root: Any = read(browser, **APRIL).trailer["/Root"]
    assert root["/Lang"] == "cy-GB"


def test_too_much_for_paper_is_said_to_be_so(
    late_room: Room, late_records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.web.ops.duties._MOST_ON_PAPER", 1)
    with late_room.enter("admin", None) as browser:
        answer = browser.get("/ops/duties.pdf", **APRIL)
    assert answer.status_code == 400
    assert "choose a force or a team first" in answer.text


def test_a_team_that_cannot_be_printed_is_said_to_be_so(late_room: Room) -> None:
    with late_room.store.begin() as tx:
        tx.run(update(cases).values(unit_id="\N{GRINNING FACE}"))
    counted(late_room)
    with late_room.enter("supervisor") as browser:
        answer = browser.get("/ops/duties.pdf", **APRIL)
    assert answer.status_code == 400
    assert "cannot be printed" in answer.text


def test_a_count_that_is_not_there_yet_is_nowhere_taken_for_good_news(late_room: Room) -> None:
    with late_room.enter("supervisor") as browser:
        html = browser.get("/ops/duties", **MARCH).text
        assert "Days that are not counted yet: 31." in html
        assert "notifier report compliance" in html
        day_before = browser.get("/ops/duties/cases", **MARCH, result="met", day="2026-03-31").text
        assert "There is none." in day_before


def test_what_nobody_can_ask_for_is_refused(room: Room) -> None:
    """And what would break the database or the page."""
    cases_of = "/ops/duties/cases?month=2026-04&result="
    nul = ("late&unit=%00", "late&force=%00", "late&event_type=%00")
    with room.enter("admin", None) as browser:
        for month in ("2026-13", "2026", "march", "26-03", "2026-3", "9999-12"):
            assert browser.get("/ops/duties", month=month).status_code == 400, month
        for wrong in ("open", "met&page=0", "met&day=x", *nul):
            assert browser.get(cases_of + wrong).status_code == 400, wrong
        assert browser.get(f"{cases_of}met&day=9999-12-31").status_code == 404, "it is not of that month"
        for name in ("unit", "force", "event_type"):
            answer = browser.get("/ops/duties/cases", **APRIL, result="late", **{name: "<b>&'\""})
            assert answer.status_code == 200
            assert "<b>" not in answer.text
