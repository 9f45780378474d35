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

_LONDON = ZoneInfo("Europe/London")
_LINE_SECONDS = 10.0


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
    line = Table.grid(expand=True)  # a bar alone does not end its line
    line.add_row(bar)
    recent = Text("\n".join(counts.recent), style="dim", no_wrap=True, overflow="ellipsis")
    return Panel(Group(clock, line, _table(counts), Text(), recent), title="A police force's day")


def _table(counts: Counts) -> Table:
    table = Table.grid(padding=(0, 3))
    sent = (
        ", ".join(f"{number} {channel}" for channel, number in sorted(counts.messages.items())) or "none yet"
    )
    told = f"{counts.what['delivered']} delivered, {counts.what['failed']} failed"
    rows = (
        ("events in", f"{counts.events} ({counts.refused} refused)", "messages", sent),
        ("held", str(counts.what["held"]), "of these", told),
        ("suppressed", str(counts.what["suppressed"]), "tasks", str(counts.what["task"])),
        ("reminders", str(counts.what["prompt"]), "escalations", str(counts.what["escalation"])),
    )
    for name, value, other, other_value in rows:
        table.add_row(Text(name, style="dim"), value, Text(other, style="dim"), other_value)
    return table


def _in_short(counts: Counts) -> str:
    sent = ", ".join(f"{number} {channel}" for channel, number in sorted(counts.messages.items())) or "none"
    return (
        f"{counts.events} events in, messages: {sent}; {counts.what['held']} held, "
        f"{counts.what['suppressed']} suppressed, {counts.what['escalation']} escalations"
    )
