"""The demo: a sample police force's day through the real roles, over real sockets, with nothing installed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from notifier.clock import Clock
from notifier.demo.day import Day, load_day
from notifier.demo.guest import show_in_browser, welcome
from notifier.demo.home import forget_settings, new_home
from notifier.demo.keepsakes import keep_one_of_each
from notifier.demo.peers import read_behaviours
from notifier.demo.playing import play, stay_up
from notifier.demo.stage import set_stage
from notifier.demo.summary import summarise
from notifier.demo.words import show_places, show_summary, show_way_in
from notifier.embedded import free_port
from notifier.errors import NotifierError

_EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*, events: Path | None = None, exit_at_end: bool = False) -> int:
    """Play the sample day, or the user's own ``events``, and print what became of it.

    Returns the exit status: 1 where something was lost or doubled. Without ``exit_at_end`` everything then
    stays up until Ctrl-C, on a clock of ordinary speed, and the operations room is open. All is kept in a
    new folder under ``var``, which becomes the current one. Settings of a real service are left out: a demo
    must never reach a real provider. Raises :class:`~notifier.errors.NotifierError` for a file that cannot
    be read.
    """
    console = Console()
    day, behaviours = _script(events)
    home = new_home()
    forget_settings()
    os.chdir(home)  # away from a `.env` beside which we started, to the one of the demo
    port = free_port()
    with set_stage(home, day.clock(datetime.now(UTC)), behaviours, port) as stage:
        restarted = play(stage, day, console)
        summary = summarise(stage, day)
        kept = keep_one_of_each(stage)
        show_summary(console, summary, restarted, kept)
        ended = stage.services.clock.now()
    if exit_at_end:
        show_way_in(console)
    else:
        # At the day's own pace a minute of looking around would be another day of reminders.
        with set_stage(home, Clock(datetime.now(UTC), ended), behaviours, port) as stage:
            guest = welcome(stage)
            show_places(console, stage, kept, guest)
            show_in_browser(guest, os.environ)
            stay_up(stage)
    return 1 if summary.lost else 0


def _script(events: Path | None) -> tuple[Day, dict[str, str]]:
    """Return the events, and how the providers treat each address: for the user's own they accept all."""
    if events is not None:
        return load_day(events), {}
    sample = _EXAMPLES / "day.jsonl"
    if not sample.exists():
        raise NotifierError("the sample day is not here: run from a checkout, or give events of your own")
    return load_day(sample), read_behaviours(_EXAMPLES / "outcomes.jsonl")
