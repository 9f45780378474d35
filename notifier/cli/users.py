"""Local accounts for the operations room. Each change of one stands in the log of who looked at what."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifier.cli.output import Json, emit
from notifier.cli.staff import done
from notifier.errors import NotFound, NotifierError
from notifier.records import AccountRole

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row

    from notifier.store.database import Tx

_FEWEST_CHARACTERS, _MOST_CHARACTERS = 12, 1000

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name, as it is typed to sign in.")]
Role = Annotated[
    AccountRole | None, typer.Option(help="What it may do; each may all that the ones before may.")
]
Force = Annotated[
    str | None, typer.Option(metavar="FORCE", help="The only force that it sees, as cases name it.")
]
AllForces = Annotated[bool, typer.Option("--all-forces", help="It sees every force.")]
StaffId = Annotated[
    str | None, typer.Option(metavar="ID", help="Who it is in cases: the id of an officer or a supervisor.")
]
Stdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input, not from the terminal."),
]


def add(
    name: Name,
    role: Annotated[AccountRole, typer.Option(help="What it may do; each may all that the ones before may.")],
    force: Force = None,
    all_forces: AllForces = False,
    staff_id: StaffId = None,
    password_stdin: Stdin = False,
    as_json: Json = False,
) -> None:
    """Make an account for somebody who signs in with a password.

    The password is asked for twice; it has at least 12 characters.

    \b
    Example:
      notifier users add "Sgt Reid" --role supervisor --force "Northmoor Police" --staff-id sup-1
    """
    from notifier.store import access_log, accounts
    from notifier.web.ops.sign_in import hash_of

    _check_name(name)
    if (force is None) == (not all_forces):
        raise typer.BadParameter("give either --force or --all-forces")
    hashed = hash_of(_password(password_stdin))
    with _changing() as (tx, now):
        if accounts.named(tx, name) is not None:
            raise NotifierError(f"{name} is taken, and a name is never given twice: choose another one")
        accounts.add(tx, name, role, now, force=force, staff_id=staff_id, password_hash=hashed)
        access_log.note_command(tx, "made an account", now, about=name, force=force)
    done({"name": name, "role": role, "force": force}, f"{name} may sign in", as_json)


def list_users(as_json: Json = False) -> None:
    """List every account ever made.

    Those of an identity provider are among them.

    \b
    Example:
      notifier users list
    """
    from notifier.journal_lines import local
    from notifier.store import accounts
    from notifier.wiring import services

    with services() as parts:
        with parts.store.read() as tx:
            rows = accounts.listed(tx)
        now, zone = parts.clock.now(), parts.policies.timezone
    for row in rows:
        made, ended = (at and local(at, zone) for at in (row.made_at, row.ended_at))
        locked = local(row.locked_until, zone) if row.locked_until and row.locked_until > now else None
        if as_json:
            shown = {"name": row.name, "role": row.role, "force": row.force, "staff_id": row.staff_id}
            shown |= {"issuer": row.issuer, "made_at": made, "ended_at": ended, "locked_until": locked}
            emit(shown)
        else:
            print(f"{row.name}  {_words(row)}, made {made}{_state(ended, locked)}")


def _words(row: Row[Any]) -> str:
    parts = [row.role, row.force or "every force"]
    parts += [f"is {row.staff_id} in cases"] if row.staff_id else []
    parts += [f"signs in by {row.issuer}"] if row.issuer else []
    return ", ".join(parts)


def _state(ended: str | None, locked: str | None) -> str:
    if ended:
        return f", ended {ended}"
    return f", locked until {locked}" if locked else ""


def change(
    name: Name,
    role: Role = None,
    force: Force = None,
    all_forces: AllForces = False,
    staff_id: StaffId = None,
    as_json: Json = False,
) -> None:
    """Change what an account may do or see.

    It holds at once, for who is signed in too. An identity provider says it of its own accounts, each
    time that they sign in: change it there.

    \b
    Example:
      notifier users change "Sgt Reid" --role admin --all-forces
    """
    from notifier.store import access_log, accounts

    if force is not None and all_forces:
        raise typer.BadParameter("give either --force or --all-forces")
    given = {"role": role and role.value, "force": force, "staff_id": staff_id}
    changes: dict[str, Any] = {column: value for column, value in given.items() if value is not None}
    if all_forces:
        changes["force"] = None
    if not changes:
        raise typer.BadParameter("say what to change: --role, --force, --all-forces or --staff-id")
    with _changing() as (tx, now):
        row = _local(tx, name)
        accounts.change(tx, row.pk, **changes)
        for seen_by in dict.fromkeys((row.force, changes.get("force", row.force))):
            access_log.note_command(tx, "changed an account", now, about=name, force=seen_by)
    done({"name": name, **changes}, f"{name} is changed", as_json)


def password(name: Name, password_stdin: Stdin = False, as_json: Json = False) -> None:
    """Give an account another password.

    Whoever is signed in with it is signed out.

    \b
    Example:
      notifier users password "Sgt Reid"
    """
    from notifier.store import access_log, accounts
    from notifier.web.ops.sign_in import hash_of

    hashed = hash_of(_password(password_stdin))
    with _changing() as (tx, now):
        row = _local(tx, name)
        accounts.change(tx, row.pk, password_hash=hashed, failures=0, locked_until=None)
        accounts.sign_out_everywhere(tx, row.pk)
        access_log.note_command(tx, "changed a password", now, about=name, force=row.force)
    done({"name": name, "password": "changed"}, f"{name} has another password", as_json)


def end(name: Name, as_json: Json = False) -> None:
    """End an account for good.

    Whoever is signed in with it is signed out at once. An account of an identity provider stays out
    too, whatever the provider says.

    \b
    Example:
      notifier users end "Sgt Reid"
    """
    from notifier.store import access_log, accounts

    with _changing() as (tx, now):
        row = _in_use(tx, name)
        accounts.end(tx, row.pk, now)
        access_log.note_command(tx, "ended an account", now, about=name, force=row.force)
    done({"name": name, "ended": True}, f"{name} is ended", as_json)


def unlock(name: Name, as_json: Json = False) -> None:
    """Let an account try again at once.

    After five wrong passwords in a row one waits for a quarter of an hour otherwise.

    \b
    Example:
      notifier users unlock "Sgt Reid"
    """
    from notifier.store import access_log, accounts

    with _changing() as (tx, now):
        row = _local(tx, name)
        accounts.change(tx, row.pk, failures=0, locked_until=None)
        access_log.note_command(tx, "unlocked an account", now, about=name, force=row.force)
    done({"name": name, "locked": False}, f"{name} may try again", as_json)


@contextmanager
def _changing() -> Iterator[tuple[Tx, datetime]]:
    from notifier.wiring import services

    with services() as parts, parts.store.begin() as tx:
        yield tx, parts.clock.now()


def _in_use(tx: Tx, name: str) -> Row[Any]:
    from notifier.store import accounts

    row = accounts.named(tx, name)
    if row is None or row.ended_at is not None:
        raise NotFound(f"no account in use is named {name}; `notifier users list` shows them")
    return row


def _local(tx: Tx, name: str) -> Row[Any]:
    row = _in_use(tx, name)
    if row.issuer is not None:
        raise NotifierError(
            f"{name} signs in by {row.issuer}: change it there; `notifier users end` ends it here"
        )
    return row


def _check_name(name: str) -> None:
    from notifier.store.access_log import COMMAND_LINE, NOBODY
    from notifier.store.accounts import LONGEST_NAME

    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != " ".join(name.split()):
        raise typer.BadParameter(
            f"a name has 1 to {LONGEST_NAME} characters, and single spaces between its words only"
        )
    if name in (COMMAND_LINE, NOBODY):
        raise typer.BadParameter(f"the log uses {name} for something else: choose another name")


def _password(from_stdin: bool) -> str:
    """Return the password that was given; it is never echoed and never an argument, which others can see."""
    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        given = getpass.getpass(f"Password (at least {_FEWEST_CHARACTERS} characters): ")
        if getpass.getpass("The same again: ") != given:
            raise NotifierError("the two are not the same, and nothing was changed: run it again")
    else:
        raise typer.BadParameter("there is no terminal to ask on: give the password with --password-stdin")
    if not _FEWEST_CHARACTERS <= len(given) <= _MOST_CHARACTERS:
        raise NotifierError(
            f"the password needs at least {_FEWEST_CHARACTERS} characters, at most {_MOST_CHARACTERS}; "
            "nothing was changed"
        )
    return given
