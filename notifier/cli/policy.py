"""The policy on the command line: what a change of it would do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO
from zoneinfo import ZoneInfo

import typer

from notifier.cli.output import Json, emit, moment, with_progress
from notifier.cli.trying import policies_of, simulation_of
from notifier.errors import NotifierError

if TYPE_CHECKING:
    from notifier.policy_diff import Difference, Line
    from notifier.rules.policy import Policies

_SHIPPED = "shipped"
_DEFAULT_SPAN = timedelta(days=60)  # two courtesy updates
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_LINES = {
    "message": "message",
    "suppressed": "what is not told",
    "held": "what is held",
    "cancelled": "what is cancelled",
    "prompt": "reminder to staff",
    "task": "task for staff",
    "escalation": "escalation to staff",
}
_SHOWN = {
    "at": "when",
    "role": "to",
    "person_id": "for",
    "channel": "by",
    "language": "language",
    "deadline": "due by",
    "reason": "because",
}
_TIMES = frozenset({"at", "deadline"})
_WHOLE = ("at", "channel")  # what is said of a line that only one policy gives
_COUNTS = {0: "nothing differs", 1: "1 line differs"}
# Said without the values: they are long, or an address of a person.
_UNSHOWN = {"address": "to another address", "text": "in other words", "event_ids": "with other news"}


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A policy file, or the word shipped.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another policy file, or the word shipped.")],
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(metavar="FILE", help="Events, one a line; - reads them from standard input."),
    ],
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Where the virtual clock stops, with its offset; 60 days after the last event if left out.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show which notices would differ under two policies.

    Nothing is sent and nothing is stored.

    FILE is events as for `notifier simulate`: both policies are tried on them. What differs is listed by the
    time at which it first shows: messages and their words, what is not told, and what is asked of staff.

    \b
    Example:
      notifier policy diff shipped new-policy.toml examples/one-case.jsonl
    """
    from notifier.policy_diff import differences

    documents = _documents(file)
    end = moment(until) if until is not None else _last_time(documents) + _DEFAULT_SPAN
    policies = [policies_of(None if name == _SHIPPED else Path(name)) for name in (before, after)]
    found = differences(*(_simulated(each, documents, end) for each in policies))
    if as_json:
        for difference in found:
            emit(_record(difference))
    else:
        _show(found, policies[0].timezone)


def _documents(file: BinaryIO) -> list[str]:
    try:
        text = file.read().decode()
    except UnicodeDecodeError:
        raise NotifierError("the events are not UTF-8: save the file as UTF-8") from None
    return [line for line in text.split("\n") if line.strip()]


def _last_time(documents: Sequence[str]) -> datetime:
    """Return the last event's time; events without one are left to the simulation, which names them."""
    return max((time for document in documents if (time := _time(document))), default=_NO_TIME)


def _time(document: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(json.loads(document)["time"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return time if time.utcoffset() is not None else None


def _simulated(policies: Policies, documents: Sequence[str], until: datetime) -> list[Line]:
    with simulation_of(policies) as simulation:
        return list(with_progress(simulation.run(documents, until), "simulating"))


def _record(difference: Difference) -> dict[str, Any]:
    line = difference.line
    return {
        "what": line["what"],
        "case_id": line["case_id"],
        "person_id": line["person_id"],
        "event_id": difference.event_id,
        "event_type": line["event_type"],
        "differs": list(difference.entries),
        "before": difference.before,
        "after": difference.after,
    }


def _show(found: Sequence[Difference], timezone: ZoneInfo) -> None:
    for difference in found:
        print(_heading(difference))
        for words in _words(difference, timezone):
            print(f"  {words}")
    print(_COUNTS.get(len(found), f"{len(found)} lines differ"))


def _heading(difference: Difference) -> str:
    line = difference.line
    case = f"case {line['case_id']}" if line["case_id"] else None
    event = f" ({difference.event_id})" if difference.event_id is not None else ""
    reason = f" ({_plain(line['reason'])})" if line.get("reason") else ""
    parts = (
        case,
        line["person_id"],
        f"{line['event_type'] or 'no event'}{event}",
        _LINES[line["what"]] + reason,
    )
    return ", ".join(part for part in parts if part)


def _words(difference: Difference, timezone: ZoneInfo) -> Iterator[str]:
    before, after = difference.before, difference.after
    if before is None or after is None:
        line = difference.line
        said = (_value(line, entry, timezone) for entry in _WHOLE if line.get(entry) is not None)
        yield f"only under {'A' if after is None else 'B'}: {', '.join(said)}"
        return
    for entry in difference.entries:
        if entry in _UNSHOWN:
            yield _UNSHOWN[entry]
        else:
            values = (_value(line, entry, timezone) for line in (before, after))
            yield f"{_SHOWN[entry]}: {' -> '.join(values)}"


def _value(line: Line, entry: str, timezone: ZoneInfo) -> str:
    from notifier.plain_words import moment as words_of

    value = line.get(entry)
    if value is None:
        return "none"
    if entry in _TIMES:
        return words_of(datetime.fromisoformat(value), timezone)
    return _plain(value) if entry == "reason" else str(value)


def _plain(code: str) -> str:
    return code.replace("_", " ")
