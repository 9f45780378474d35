"""What staff look at, and what they answer: failures, escalations, tasks."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer

from notifier.cli.output import Json, emit, emit_all, number_of, with_progress
from notifier.errors import NotifierError

By = Annotated[str | None, typer.Option(help="Who you are.  [default: your login name]", show_default=False)]


def failures(as_json: Json = False) -> None:
    """List what failed and needs a person.

    Notices that could not be told or may not have gone out, events that were set aside, documents that
    were refused, and messages to staff that failed. Each comes with the mend.

    \b
    Example:
      notifier failures
    """
    from notifier import worklists
    from notifier.wiring import services

    with services() as parts, parts.store.begin() as tx:
        found = list(worklists.failures(tx, parts.policies.timezone))
    _print(found, as_json, "Nothing failed.")


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
        print(f"{record.get('id', record.get('event_id'))}  {late}{record['said']}")
        if "text" in record:
            print(f"    say: {record['text']}")
        print(f"    {record['mend']}")
    if not records:
        print(nothing)


def retry(
    notice: Annotated[str, typer.Argument(metavar="ID", help="A notice, such as N12.")],
    as_json: Json = False,
) -> None:
    """Try a notice again that failed or is uncertain.

    It is decided as if nothing had been tried; an address that failed for good stays unused.

    \b
    Example:
      notifier retry N12
    """
    from notifier import plain_words
    from notifier.journal_lines import local
    from notifier.store import notices
    from notifier.wiring import services

    _, number = number_of("N", notice)
    with services() as parts:
        parts.path.retry(number, parts.clock.now())
        with parts.store.begin() as tx:
            after = notices.load(tx, number)
    if after.send_at is None:
        why = plain_words.reason(after.reason)
        raise NotifierError(
            f"N{number} still cannot be sent: {why}; see `notifier due` for what a person must do"
        )
    if as_json:
        emit({"id": f"N{number}", "send_at": local(after.send_at, parts.policies.timezone)})
    else:
        print(f"N{number} is to be sent at {plain_words.moment(after.send_at, parts.policies.timezone)}")


def release(
    held: Annotated[
        str, typer.Argument(metavar="ID", help="A held notice (N12), or what asked about it (E4).")
    ],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Let go what is held: it is decided and sent as the rules are.

    For an escalation of the volume breaker all that it holds goes. News that a person must tell first is
    not released here, but by the record of that talk.

    \b
    Example:
      notifier release E4 --by "Sgt Reid"
    """
    _settle_held(held, by, as_json, "released")


def cancel(
    notice: Annotated[str, typer.Argument(metavar="ID", help="A notice (N12), or what asked about it (E4).")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Give up a notice that was not told yet: it never goes.

    For an escalation of the volume breaker all that it holds is given up.

    \b
    Example:
      notifier cancel N12 --by "Sgt Reid"
    """
    _settle_held(notice, by, as_json, "discarded")


def _settle_held(identity: str, by: str | None, as_json: bool, outcome: str) -> None:
    from notifier import worklists
    from notifier.wiring import services

    letter, number = number_of("NE", identity)
    who = by or _login_name()
    with services() as parts:
        settle = parts.path.release if outcome == "released" else parts.path.discard
        pks = [number]
        if letter == "E":
            with parts.store.begin() as tx:
                pks = worklists.held_by(tx, number)
        for pk in with_progress(pks, outcome):
            settle(pk, who, parts.clock.now())
        if letter == "E":
            parts.path.resolve(number, who, outcome, parts.clock.now())
    notices = [f"N{pk}" for pk in pks]
    words = f"{len(pks)} notices were {outcome}" if letter == "E" else f"{notices[0]} was {outcome}"
    _done({"id": f"{letter}{number}", "outcome": outcome, "notices": notices, "by": who}, words, as_json)


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
    who = by or _login_name()
    with services() as parts, parts.store.begin() as tx:
        room.acknowledge(tx, number, who, parts.policies, parts.clock.now())
    _done({"id": f"E{number}", "acknowledged_by": who}, f"E{number} is looked after by {who}", as_json)


def resolve(
    identity: Annotated[str, typer.Argument(metavar="ID", help="An escalation (E4) or a task (T7).")],
    outcome: Annotated[str, typer.Option(help="What was done, in a few words; no names or addresses.")],
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say how an escalation or a task was dealt with.

    \b
    Example:
      notifier resolve T7 --outcome "told her by telephone" --by "PC Shah"
    """
    from notifier import escalation as room
    from notifier.wiring import services

    letter, number = number_of("ET", identity)
    who = by or _login_name()
    finish = room.resolve if letter == "E" else room.finish_task
    with services() as parts, parts.store.begin() as tx:
        finish(tx, number, who, _words(outcome), parts.clock.now())
    _done({"id": f"{letter}{number}", "resolved_by": who}, f"{letter}{number} is dealt with", as_json)


def _words(outcome: str) -> str:
    words = " ".join(outcome.split())
    if not 0 < len(words) <= _MOST_CHARACTERS:
        raise typer.BadParameter(f"--outcome needs between 1 and {_MOST_CHARACTERS} characters")
    return words


_MOST_CHARACTERS = 500


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise typer.BadParameter("this user has no name here; say who you are with --by") from None


def _done(record: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        emit(record)
    else:
        print(words)
