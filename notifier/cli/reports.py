"""Reports for those who answer for the service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.output import Json, emit_all, with_progress

if TYPE_CHECKING:
    from notifier.wiring import Services

_NONE_ON_FILE = "none on file"


def compliance(
    first: Annotated[
        str, typer.Option("--from", metavar="DAY", help="The first local day, such as 2026-03-01.")
    ],
    last: Annotated[str, typer.Option("--until", metavar="DAY", help="The last local day, included.")],
    file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write it as CSV, for a spreadsheet.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how duties were met, by limit and team.

    The duties that were due on these days and are over by now are counted anew, so the numbers are right to
    the minute; the operations room then shows the same.

    \b
    Example:
      notifier report compliance --from 2026-03-01 --until 2026-03-31
      notifier report compliance --from 2026-03-01 --until 2026-03-31 --csv march.csv
    """
    from notifier.wiring import services

    begins, ends = _day(first), _day(last)
    if ends < begins:
        raise typer.BadParameter(f"--until {last} is before --from {first}")
    with services() as parts:
        found = _counted(parts, begins, ends)
    if file is not None:
        _write(file, found)
    if as_json:
        emit_all(found)
    elif file is None:
        _print(found)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise typer.BadParameter(f"{written} is no day; give one such as 2026-03-31") from None


def _counted(parts: Services, first: date, last: date) -> list[dict[str, Any]]:
    from notifier import compliance_report, duties
    from notifier.rules.timing import local_day

    now, policies = parts.clock.now(), parts.policies
    over = min(last, local_day(now, policies.timezone))
    days = [first + timedelta(days=number) for number in range((over - first).days + 1)]
    for day in with_progress(days, "counting days"):
        parts.store.run(partial(duties.count, day=day, policies=policies, now=now))
    with parts.store.read() as tx:
        return compliance_report.records(tx, duties.months(first, last), policies)


def _write(file: Path, found: Sequence[dict[str, Any]]) -> None:
    from notifier.compliance_report import as_csv

    file.write_text(as_csv(found), encoding="utf-8", newline="")


def _print(found: Sequence[dict[str, Any]]) -> None:
    """Print a heading for each month and team, and under it a line for each limit."""
    heading = None
    for one in found:
        its_heading = (one["month"], one["force"] or _NONE_ON_FILE, one["unit_id"] or _NONE_ON_FILE)
        if its_heading != heading:
            month, force, unit = heading = its_heading
            print(f"{month}, force: {force}, team: {unit}")
        print(
            f"  {one['event_type']} ({one['limit']}): {one['met']} met, {one['late']} late, "
            f"{one['missed']} missed; {one['percent_in_time']} % in time"
        )
    if not found:
        print("No duty was due on these days.")
