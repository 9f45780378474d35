"""What staff look at, and what they answer: failures, escalations, tasks."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer

from notifier.cli.output import Json, emit, emit_all, number_of

By = Annotated[str | None, typer.Option(help="Who you are.  [default: your login name]", show_default=False)]


def failures(
    document: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Show a refused document (R3) or an event that was set aside (S4) as it came, "
            "personal data in it too.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List what failed and needs a person.

    Notices that could not be told or may not have gone out, events that were set aside, documents that
    were refused, and messages to staff that failed. Each comes with the mend.

    \b
    Example:
      notifier failures
      notifier failures --document R3
    """
    from notifier import worklists
    from notifier.wiring import services

    if document is not None:
        _show_document(document, as_json)
        return
    with services() as parts, parts.store.begin() as tx:
        found = list(worklists.failures(tx, parts.policies.timezone))
    _print(found, as_json, "Nothing failed.")


def _show_document(identity: str, as_json: bool) -> None:
    from notifier import worklists
    from notifier.wiring import services

    letter, number = number_of("RS", identity)
    with services() as parts, parts.store.begin() as tx:
        written = worklists.document(tx, letter, number)
    # A stranger wrote it: as JSON or escaped, it gives the terminal no orders.
    plain = "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in written)
    done({"id": f"{letter}{number}", "document": written}, plain, as_json)


def escalations(as_json: Json = False) -> None:
    """List the open escalations, the most urgent first.

    \b
    Example:
      notifier escalations
    """
    from notifier import worklists
    from notifier.wiring import services

    with services() as parts, parts.store.begin() as tx:
        found = list(worklists.escalations(tx, parts.policies.timezone))
    _print(found, as_json, "No escalation is open.")


def due(
    days: Annotated[int, typer.Option(min=0, help="How far ahead to look for duties, in days.")] = 3,
    show_personal: Annotated[bool, typer.Option(help="Show what is to be said to a victim.")] = False,
    as_json: Json = False,
) -> None:
    """List open tasks, and duties that end soon or are overdue.

    \b
    Example:
      notifier due --days 1
    """
    from notifier import worklists
    from notifier.wiring import services

    with services() as parts, parts.store.begin() as tx:
        ahead, now = timedelta(days=days), parts.clock.now()
        found = worklists.due(tx, parts.policies.timezone, now, ahead, personal=show_personal)
    _print(found, as_json, f"No task is open, and no duty ends within {days} days.")


def _print(records: Sequence[dict[str, Any]], as_json: bool, nothing: str) -> None:
    if as_json:
        emit_all(records)
        return
    for record in records:
        late = "OVERDUE, " if record.get("overdue") else ""
        print(f"{record['id']}  {late}{record['said']}")
        if "text" in record:
            print(f"    say: {record['text']}")
        print(f"    {record['mend']}")
    if not records:
        print(nothing)


def acknowledge(
    escalation: Annotated[str, typer.Argument(metavar="ID", help="An escalation, such as E4.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say that you look after an escalation.

    It does not climb for one working day.

    \b
    Example:
      notifier acknowledge E4 --by "Sgt Reid"
    """
    from notifier import escalation as room
    from notifier.wiring import services

    _, number = number_of("E", escalation)
    who = by or login_name()
    with services() as parts, parts.store.begin() as tx:
        room.acknowledge(tx, number, who, parts.policies, parts.clock.now())
    done({"id": f"E{number}", "acknowledged_by": who}, f"E{number} is looked after by {who}", as_json)


def resolve(
    identity: Annotated[str, typer.Argument(metavar="ID", help="An escalation (E4) or a task (T7).")],
    outcome: Annotated[str, typer.Option(help="What was done, in a few words; no names or addresses.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say how an escalation or a task was dealt with.

    \b
    Example:
      notifier resolve T7 --outcome "told by telephone" --by "PC Shah"
    """
    from notifier import escalation as room
    from notifier.wiring import services

    letter, number = number_of("ET", identity)
    who = by or login_name()
    finish = room.resolve if letter == "E" else room.finish_task
    with services() as parts, parts.store.begin() as tx:
        finish(tx, number, who, _words(outcome), parts.clock.now())
    done({"id": f"{letter}{number}", "resolved_by": who}, f"{letter}{number} is dealt with", as_json)


def _words(outcome: str) -> str:
    words = " ".join(outcome.split())
    if not 0 < len(words) <= _MOST_CHARACTERS:
        raise typer.BadParameter(f"--outcome needs between 1 and {_MOST_CHARACTERS} characters")
    return words


_MOST_CHARACTERS = 500


def login_name() -> str:
    """Return who types the command; raises ``typer.BadParameter`` where nobody knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise typer.BadParameter("this user has no name here; say who you are with --by") from None


def done(record: dict[str, Any], words: str, as_json: bool) -> None:
    """Say what was done, for programs or for people."""
    if as_json:
        emit(record)
    else:
        print(words)
