"""Lets whoever watches the demo into its operations room: an account, and a browser where there is one."""

from __future__ import annotations

import secrets
import socket
import sys
import time
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select

from notifier.demo.stage import Stage
from notifier.records import AccountRole
from notifier.store import access_log, accounts
from notifier.store.database import Tx
from notifier.store.tables import cases, tasks
from notifier.web.ops.sign_in import hash_of

_NAME = "demo"
_PASSWORD_BYTES = 12
_PATIENCE_SECONDS = 60.0
_STEP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Guest:
    """Where the operations room is, and who may enter."""

    url: str
    name: str
    password: str


def welcome(stage: Stage) -> Guest:
    """Make the guest's account: a supervisor who sees every force, and leads the team with the most to do.

    It waits until the web answers, so that nobody is sent to a page that is not there yet.
    """
    password, now = secrets.token_urlsafe(_PASSWORD_BYTES), stage.services.clock.now()
    hashed = hash_of(password)
    with stage.services.store.begin() as tx:
        leader = _leader(tx)
        accounts.add(
            tx, _NAME, AccountRole.SUPERVISOR, now, force=None, staff_id=leader, password_hash=hashed
        )
        access_log.note_command(tx, "made an account", now, about=_NAME, force=None)
    _wait_until_it_answers(stage.url)
    return Guest(f"{stage.url}/ops/", _NAME, password)


def _leader(tx: Tx) -> str | None:
    """Return the supervisor in whose cases most tasks are open; ``None`` where there is none."""
    who = cases.c.supervisor_id
    query = select(who).select_from(tasks.join(cases)).where(tasks.c.done_at.is_(None), who.is_not(None))
    row = tx.first(query.group_by(who).order_by(func.count().desc(), who).limit(1))
    return row.supervisor_id if row else None


def _wait_until_it_answers(url: str) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    where = urlsplit(url)
    while time.monotonic() < give_up:
        try:
            socket.create_connection((where.hostname or "", where.port or 0), timeout=1).close()
        except OSError:
            time.sleep(_STEP_SECONDS)
        else:
            return


def show_in_browser(guest: Guest, environment: Mapping[str, str]) -> None:
    """Open the operations room where somebody sits at a terminal with a display; else nothing happens."""
    has_display = sys.platform in ("darwin", "win32") or bool(
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    )
    if sys.stdout.isatty() and has_display:
        webbrowser.open(guest.url)
