"""The progress display: a live picture on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from notifier.demo.day import Day
from notifier.demo.watching import Counts
from notifier.records import What

_LONDON = ZoneInfo("Europe/London")
_LINE_SECONDS = 10.0
_STYLES = {
    What.MESSAGE: "cyan",
    What.DELIVERED: "green",
    What.UNCONFIRMED: "yellow",
    What.FAILED: "red",
    What.HELD: "magenta",
    What.SUPPRESSED: "magenta",
    What.ESCALATION: "bold yellow",
}


class Display(Protocol):
    """Shows where the day stands."""

    def show(self, now: datetime, counts: Counts) -> None:
        """Show ``counts`` at the virtual time ``now``."""


@contextmanager
def display_on(console: Console, day: Day) -> Iterator[Display]:
    """Give the display that suits ``console``."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(console=console, refresh_per_second=4) as live:
        yield _Picture(live, day)


class _Lines:
    """A plain line every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0.0

    def show(self, now: datetime, counts: Counts) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_SECONDS
            line = f"{now.astimezone(_LONDON):%a %d %b %H:%M}  {_in_short(counts)}"
            self._console.print(line, soft_wrap=True, highlight=False)


class _Picture:
    """The whole day at a glance."""

    def __init__(self, live: Live, day: Day) -> None:
        self._live = live
        self._day = day

    def show(self, now: datetime, counts: Counts) -> None:
        self._live.update(picture(self._day, now, counts))


def picture(day: Day, now: datetime, counts: Counts) -> Panel:
    """Return the live picture."""
    whole = (day.end - day.start).total_seconds()
    bar = ProgressBar(total=whole, completed=min(whole, (now - day.start).total_seconds()))
    clock = Text(f"{now.astimezone(_LONDON):%A %d %B, %H:%M}", style="bold")
    clock.append(f"  ({day.speed:,.0f} times as fast as life)", style="dim")
    line = Table.grid(expand=True)  # a bar alone does not end its line
    line.add_row(bar)
    parts = Group(clock, line, Text(), _table(counts), Text(), _recent(counts))
    return Panel(parts, title="A police force's day")


def _table(counts: Counts) -> Table:
    table = Table.grid(padding=(0, 3))
    what = counts.what
    outcomes = (
        f"{what['delivered']} delivered, {what['unconfirmed']} without a receipt, {what['failed']} failed"
    )
    rows = (
        ("events in", f"{counts.events} ({counts.refused} refused)", "messages", _messages(counts)),
        ("held", str(what["held"]), "outcomes", outcomes),
        ("suppressed", str(what["suppressed"]), "tasks for people", str(what["task"])),
        ("reminders", str(what["prompt"]), "escalations", str(what["escalation"])),
    )
    for name, value, other, other_value in rows:
        table.add_row(Text(name, style="dim"), value, Text(other, style="dim"), other_value)
    return table


def _recent(counts: Counts) -> Group:
    lines = ((text, _STYLES.get(what, "dim")) for what, text in counts.recent)
    return Group(*(Text(text, style=style, no_wrap=True, overflow="ellipsis") for text, style in lines))


def _messages(counts: Counts) -> str:
    return ", ".join(f"{number} {channel}" for channel, number in sorted(counts.messages.items())) or "none"


def _in_short(counts: Counts) -> str:
    return (
        f"{counts.events} events in, messages: {_messages(counts)}; {counts.what['held']} held, "
        f"{counts.what['suppressed']} suppressed, {counts.what['escalation']} escalations"
    )
