"""`notifier trace`: why she did or did not hear from us, as one story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from notifier.cli.output import Json, emit_all

_STEPS = ("event", "rejection", "line")
_HIDDEN = "Addresses and texts are hidden; --show-personal shows them."


def trace(
    wanted: Annotated[str, typer.Argument(metavar="EVENT_OR_CASE_ID", help="As the publisher wrote it.")],
    show_personal: Annotated[bool, typer.Option(help="Show addresses and texts: personal data.")] = False,
    as_json: Json = False,
) -> None:
    """Tell why, when, to whom and by what.

    Step by step, and where it stands now.

    \b
    Example:
      notifier trace e7
    """
    from notifier import trace as story
    from notifier.wiring import services

    with services() as parts:
        timezone = parts.policies.timezone
        with parts.store.begin() as tx:
            records = story.trace(tx, wanted, timezone, personal=show_personal)
    if as_json:
        emit_all(records)
    else:
        _print_story(records, timezone)
        print(f"\n{_HIDDEN}" if not show_personal else "\nThis holds personal data: keep it to yourself.")


def _print_story(records: Sequence[dict[str, Any]], timezone: ZoneInfo) -> None:
    steps = [record for record in records if record["record"] in _STEPS]
    shown: set[tuple[str, str]] = set()
    for record in steps:
        _print_step(record, timezone, shown)
    standing = records[len(steps) :]
    if standing:
        print("\nWhere it stands:")
    for record in standing:
        indent = "      " if record["record"] == "attempt" else "  "
        print(f"{indent}{record['id']}  {record['said']}")


def _print_step(record: dict[str, Any], timezone: ZoneInfo, shown: set[tuple[str, str]]) -> None:
    """Print one step; a reason that was given before for the same person and events is not repeated."""
    from notifier import plain_words
    from notifier.trace import PERSONAL

    at = plain_words.moment(datetime.fromisoformat(record["at"]), timezone)
    attempt = f"  [{record['attempt']}]" if "attempt" in record else ""
    print(f"{at}  {record['said']}{attempt}")
    about = f"{record.get('person_id')} {record.get('event_ids')}"
    for why in record["why"]:
        if (about, why) not in shown and why not in record["said"]:
            print(f"    because: {why}")
        shown.add((about, why))
    for name in PERSONAL:
        if name in record:
            print(f"    {name}: {record[name]}")
