"""*Duties*: how they were met in a month, by limit and team, and the cases behind each number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from notifier import compliance_report, duties
from notifier.duties import Month
from notifier.errors import NotifierError
from notifier.paper.typesetting import Sheet, Typesetter, Unprintable
from notifier.rules.compliance import Judgement, Result
from notifier.rules.timing import local_day
from notifier.store import access_log
from notifier.store import duties as stored
from notifier.store.accounts import Account
from notifier.store.database import Tx
from notifier.store.duties import Duty, Span, Tally
from notifier.web.auth import Parts
from notifier.web.ops.duty_words import Words
from notifier.web.ops.problems import NotThere
from notifier.web.ops.rendering import page
from notifier.web.ops.signed_in import Staff, Supervisor
from notifier.wiring import Services

_ROWS, _CASES = 100, 50
_FURTHEST = 10_000  # pages: nobody turns so many
_MOST_ON_PAPER = 2_000
_NONE = "-"
"""In an address: no team, or no force, is on file. Nothing at all means every one."""
_MONTH = r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"
_TEXT = r"^[^\x00]*$"  # PostgreSQL takes no other

routes = APIRouter()
_typesetter = Typesetter()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which duties are asked for: of a month, a force and a team; ``None`` is every one."""

    month: Month
    force: str | None
    unit_id: str | None

    @property
    def span(self) -> Span:
        """The same for the store."""
        return Span(self.month.first, self.month.last, self.force, self.unit_id)

    def query(self, **more: Any) -> str:
        """Return it as the query of an address, with what is added or changed; ``None`` takes away."""
        own = {"month": str(self.month), "force": _written(self.force), "unit": _written(self.unit_id)}
        return urlencode({name: value for name, value in (own | more).items() if value is not None})

    def cases(self, result: str, tally: Tally, *, team: bool) -> str:
        """Return the address of the cases behind a number; with ``team`` of that one only."""
        group = tally.group
        limits = {"force": _written(group.force), "unit": _written(group.unit_id)} if team else {}
        query = self.query(result=result, event_type=group.event_type or None, **limits)
        return f"/ops/duties/cases?{query}"


def _written(value: str | None) -> str | None:
    return value or _NONE if value is not None else None


def _read(value: str) -> str | None:
    return ("" if value == _NONE else value) if value else None


def _asked(
    services: Parts,
    account: Staff,
    month: Annotated[str | None, Query(pattern=_MONTH)] = None,
    force: Annotated[str, Query(pattern=_TEXT)] = "",
    unit: Annotated[str, Query(pattern=_TEXT)] = "",
) -> Asked:
    """Read what is asked for; a force's staff only ever ask for their own."""
    day = date.fromisoformat(f"{month}-01") if month else _today(services)
    return Asked(Month.of(day), account.force or _read(force), _read(unit))


_Asked = Annotated[Asked, Depends(_asked)]


def _today(services: Services) -> date:
    return local_day(services.clock.now(), services.policies.timezone)


@dataclass(frozen=True, slots=True)
class Report:
    """The numbers of what is asked for; ``lines`` are by limit and team, ``limits`` by limit.

    ``uncounted`` is how many days of the month that are over, or today, were never counted.
    """

    asked: Asked
    lines: list[Tally]
    limits: list[Tally]
    total: Tally
    counted_at: datetime | None
    uncounted: int
    forces: list[str]
    units: list[str]


def _report(tx: Tx, asked: Asked, account: Account, today: date) -> Report:
    found = stored.tallies(tx, replace(asked.span, force=account.force, unit_id=None))
    of_force = [one for one in found if asked.force in (None, one.group.force)]
    lines = [one for one in of_force if asked.unit_id in (None, one.group.unit_id)]
    over = (min(asked.month.last, today) - asked.month.first).days + 1
    counted = stored.counted_since(tx, asked.month.first, asked.month.last)
    return Report(
        asked,
        lines,
        duties.by_limit(lines, asked.force),
        duties.total(lines),
        max(counted.values(), default=None),
        max(over, 0) - len(counted),
        sorted({one.group.force for one in found}),
        sorted({one.group.unit_id for one in of_force}),
    )


@routes.get("/duties")
def get_duties(
    request: Request,
    services: Parts,
    account: Staff,
    asked: _Asked,
    number: Annotated[int, Query(alias="page", ge=1, le=_FURTHEST)] = 1,
) -> Response:
    """Show a month's numbers."""
    today = _today(services)
    with services.store.read() as tx:
        report = _report(tx, asked, account, today)
    words = Words(request, services)
    shown = slice((number - 1) * _ROWS, number * _ROWS)
    return page(
        request,
        "duties.html",
        report=report,
        asked=asked,
        words=words,
        lines=report.lines[shown],
        is_newest=asked.month.last >= today,
        earlier=asked.query(page=number - 1) if number > 1 else None,
        later=asked.query(page=number + 1) if shown.stop < len(report.lines) else None,
    )


@dataclass(frozen=True, slots=True)
class Behind:
    """One duty behind a number."""

    duty: Duty
    judgement: Judgement
    why: str


@routes.get("/duties/cases")
def get_duty_cases(
    request: Request,
    services: Parts,
    account: Staff,
    asked: _Asked,
    result: Annotated[str, Query(pattern="^(met|late|missed)$")],
    event_type: Annotated[str | None, Query(pattern=_TEXT)] = None,
    day: date | None = None,
    number: Annotated[int, Query(alias="page", ge=1, le=_FURTHEST)] = 1,
) -> Response:
    """Show the cases behind a number; of what was met, first on which days: that is most of all there is."""
    if day is not None and not asked.month.first <= day <= asked.month.last:
        raise NotThere
    wanted, words = Result(result), Words(request, services)
    about: dict[str, Any] = {
        "asked": asked,
        "result": result,
        "event_type": event_type,
        "day": day,
        "words": words,
    }
    span = replace(asked.span, event_type=event_type)
    if wanted is Result.MET and day is None:
        with services.store.read() as tx:
            days = stored.met_by_day(tx, span)
        return page(request, "duty_days.html", days=days, **about)
    now = services.clock.now()
    with services.store.begin() as tx:
        pks = _behind(
            tx,
            services,
            account,
            replace(span, first=day or span.first, last=day or span.last),
            wanted,
            (number - 1) * _CASES,
        )
        found = [_line(one, services, words, now) for one in stored.load(tx, pks[:_CASES])]
        access_log.note(tx, account, "looked at the cases behind duties", now, about=str(asked.month))
    link = {"result": result, "event_type": event_type, "day": day}
    return page(
        request,
        "duty_cases.html",
        found=found,
        earlier=asked.query(**link, page=number - 1) if number > 1 else None,
        later=asked.query(**link, page=number + 1) if len(pks) > _CASES else None,
        **about,
    )


def _behind(
    tx: Tx, services: Services, account: Account, span: Span, wanted: Result, offset: int
) -> list[int]:
    """Return the notices of one page, and one more where there is another page."""
    if wanted is not Result.MET:
        return stored.lapsed(tx, span, wanted, account.its_cases, _CASES + 1, offset)
    counted_at = stored.counted_since(tx, span.first, span.first).get(span.first)
    if counted_at is None:
        return []
    start, end = duties.bounds(span.first, services.policies)
    return stored.met(tx, span, start, min(end, counted_at), account.its_cases, _CASES + 1, offset)


def _line(duty: Duty, services: Services, words: Words, now: datetime) -> Behind:
    judgement = duties.how_met(duty, services.policies, now)
    return Behind(duty, judgement, duties.why(duty, judgement, words.say))


@routes.get("/duties.csv")
def get_csv(services: Parts, account: Supervisor, asked: _Asked) -> Response:
    """Give a month's numbers to a spreadsheet."""
    with services.store.read() as tx:
        lines = _report(tx, asked, account, _today(services)).lines
    found = [compliance_report.record(asked.month, one, services.policies) for one in lines]
    return _file(compliance_report.as_csv(found).encode(), "text/csv; charset=utf-8", asked, "csv")


@routes.get("/duties.pdf")
def get_pdf(request: Request, services: Parts, account: Supervisor, asked: _Asked) -> Response:
    """Give a month's numbers on paper."""
    with services.store.read() as tx:
        report = _report(tx, asked, account, _today(services))
    if len(report.lines) > _MOST_ON_PAPER:
        raise NotifierError("this is too much for paper; choose a force or a team first, or take the CSV")
    words = Words(request, services)
    title = f"{words.say('Duties')}, {words.month(asked.month)}"
    sheets = [_sheet(words.say("By limit"), report.limits, report, words, team=False)]
    if asked.unit_id is None:
        sheets.append(_sheet(words.say("By limit and team"), report.lines, report, words, team=True))
    try:
        pdf = _typesetter.report(title, _about(report, words), sheets, words.language, services.clock.now())
    except Unprintable:
        raise NotifierError("a team's name has a letter that cannot be printed; take the CSV") from None
    return _file(pdf.content, "application/pdf", asked, "pdf")


def _about(report: Report, words: Words) -> list[str]:
    asked = report.asked
    lines = [
        f"{words.say(label)}: {words.name(value)}"
        for label, value in (("Force", asked.force), ("Team", asked.unit_id))
        if value is not None
    ]
    if report.counted_at is not None:
        lines.append(words.say("As counted on %(moment)s.") % {"moment": words.moment(report.counted_at)})
    if report.uncounted:
        lines.append(words.say("Days that are not counted yet: %(n)s.") % {"n": report.uncounted})
    return lines


def _sheet(title: str, tallies: list[Tally], report: Report, words: Words, *, team: bool) -> Sheet:
    by_force = team and report.asked.force is None

    def row(tally: Tally) -> tuple[str, ...]:
        group = tally.group
        force = (words.name(group.force),) if by_force else ()
        unit = (words.name(group.unit_id),) if team else ()
        what = (words.news(group.event_type), words.limit(tally, report.asked.month))
        return (*force, *unit, *what, *_numbers(tally, words))

    labels = (*(("Force",) if by_force else ()), *(("Team",) if team else ()), "Duty", "Limit")
    columns = tuple(words.say(label) for label in (*labels, "Met", "Late", "Missed", "In time"))
    blank = ("",) * (len(labels) - 1)
    total = (words.say("All"), *blank, *_numbers(report.total, words))
    return Sheet(title, columns, tuple(map(row, tallies)), total, len(columns) - len(labels))


def _numbers(tally: Tally, words: Words) -> tuple[str, ...]:
    return (f"{tally.met:,}", f"{tally.late:,}", f"{tally.missed:,}", words.share(tally))


def _file(content: bytes, media_type: str, asked: Asked, ending: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="duties-{asked.month}.{ending}"'}
    return Response(content, media_type=media_type, headers=headers)
