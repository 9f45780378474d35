"""The roles, each as its own command, and `notifier run` with all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.admin import upgrade_tables

if TYPE_CHECKING:
    from threading import Event

    from notifier.settings import Settings
    from notifier.wiring import Services

_WATCH_SECONDS = 0.5


class Queue(StrEnum):
    """The queues of wake-ups; each has workers of its own."""

    URGENT = "urgent"
    ROUTINE = "routine"
    BULK = "bulk"


def demo(
    exit_: Annotated[bool, typer.Option("--exit", help="Stop at the end of the sample day.")] = False,
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Events of your own, instead of the sample day.")
    ] = None,
) -> None:
    """Run a sample police force's day, everything embedded.

    \b
    Example:
      notifier demo --exit
    """
    from notifier.demo import run as run_demo

    raise typer.Exit(run_demo(events=events, exit_at_end=exit_))


def run() -> None:
    """Run all roles on this machine until Ctrl-C.

    Without settings everything is embedded: a database and a Redis under the folder NOTIFIER_HOME (default:
    var), nothing to install.

    \b
    Example:
      notifier run
    """
    from notifier.embedded import redis_server
    from notifier.environment import read_environment
    from notifier.mail.settings import MailInSettings
    from notifier.settings import load_settings
    from notifier.supervisor import MAIL, ROLES, Supervisor
    from workers.roles import stop_on_signals

    settings = load_settings()
    roles = ROLES | MAIL if read_environment(MailInSettings).hears_mail else ROLES
    with stop_on_signals() as stop, redis_server(settings.redis_url, settings.home / "redis") as url:
        upgrade_tables()
        with Supervisor({**os.environ, "NOTIFIER_REDIS_URL": url}, roles) as supervisor:
            print(_where(settings), flush=True)
            while not stop.wait(_WATCH_SECONDS):
                supervisor.restart_ended()


def _where(settings: Settings) -> str:
    database = "its own database" if settings.database_url else f"data in {settings.home}"
    return (
        f"Notifier runs: http://{settings.http_host}:{settings.http_port}, events in the Redis stream "
        f"{settings.event_stream} (`notifier publish FILE`), {database}. Ctrl-C ends it."
    )


def intake() -> None:
    """Take events from the queue into the database.

    \b
    Example:
      notifier intake
    """
    from notifier.wiring import redis_url
    from workers.roles import run_intake_role

    with _role() as (parts, stop):
        run_intake_role(parts, redis_url(parts.settings), stop)


def worker(
    queue: Annotated[
        list[Queue] | None,
        typer.Option(help="A queue to work on; may be repeated.  [default: all]", show_default=False),
    ] = None,
) -> None:
    """Plan and send.

    \b
    Example:
      notifier worker --queue urgent
    """
    from notifier.wiring import redis_url
    from workers.roles import run_worker_role

    with _role() as (parts, stop):
        run_worker_role(parts, redis_url(parts.settings), list(dict.fromkeys(queue or Queue)), stop)


def scheduler() -> None:
    """Find what is due, and publish facts.

    Several may run at once.

    \b
    Example:
      notifier scheduler
    """
    from notifier.wiring import redis_url
    from workers.roles import run_scheduler_role

    with _role() as (parts, stop):
        run_scheduler_role(parts, redis_url(parts.settings), stop)


def web() -> None:
    """Serve the HTTP doors and the dashboard.

    They listen at NOTIFIER_HTTP_HOST and NOTIFIER_HTTP_PORT.

    \b
    Example:
      NOTIFIER_HTTP_PORT=8080 notifier web
    """
    from workers.roles import run_web_role

    with _role() as (parts, stop):
        run_web_role(parts, stop)


def mail() -> None:
    """Take in what comes back by mail: bounces and replies.

    By SMTP at NOTIFIER_MAIL_IN_HOST and NOTIFIER_MAIL_IN_PORT, from a mailbox at NOTIFIER_IMAP_HOST, or both.

    \b
    Example:
      NOTIFIER_BOUNCE_DOMAIN=bounces.example.org NOTIFIER_MAIL_IN_PORT=2525 notifier mail
    """
    from workers.roles import run_mail_role

    with _role() as (parts, stop):
        run_mail_role(parts, stop)


@contextmanager
def _role() -> Iterator[tuple[Services, Event]]:
    from notifier.wiring import services
    from workers.roles import stop_on_signals

    with stop_on_signals() as stop, services(traced=True) as parts:
        yield parts, stop
