"""The summary and the places to look, in plain words."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from notifier.demo.guest import Guest
from notifier.demo.keepsakes import Keepsakes
from notifier.demo.providers import Provider
from notifier.demo.stage import LETTERS, LOGS, Stage
from notifier.demo.summary import Summary
from notifier.plain_words import reason, staff_reason

_LEVELS = {1: "officer", 2: "supervisor", 3: "unit"}


def show_summary(console: Console, summary: Summary, restarted: Sequence[str], kept: Keepsakes) -> None:
    """Print what became of the day, and what can be opened."""
    console.rule("What became of the day", characters="=")
    came = summary.arrivals
    refused = came.refused.total()
    _print(console, f"Events in: {came.taken_in}, repeats: {came.repeats}, refused: {refused}")
    _list(console, came.refused, str)
    _print(console, "\nWhat victims were told, by which channel")
    console.print(_told(summary))
    _section(console, "Held for a person", summary.held, reason)
    _section(console, "Suppressed, each with its reason", summary.suppressed, reason)
    _section(console, "Took another way because the first failed", summary.fallbacks, str)
    _section(console, "Escalations", *_escalations(summary))
    _section(console, "Tasks for people", summary.tasks, staff_reason)
    _section(console, "Duties with a legal limit", summary.duties, str)
    _agreement(console, summary)
    for line in summary.lost:
        console.print(f"LOST: {line}", style="bold red", soft_wrap=True)
    if restarted:
        _print(console, f"Ended by themselves and were started again: {', '.join(restarted)}")
    _keepsakes(console, kept)


def _told(summary: Summary) -> Table:
    channels = sorted({channel for _, channel in summary.told})
    table = Table(box=None, padding=(0, 1))
    table.add_column("")
    for channel in channels:
        table.add_column(channel, justify="right")
    for type_ in sorted({type_ for type_, _ in summary.told}):
        table.add_row(type_, *(str(summary.told[type_, channel] or "") for channel in channels))
    table.add_row("victims reached", *(str(summary.reached[channel]) for channel in channels))
    return table


def _escalations(summary: Summary) -> tuple[Counter[str], Callable[[str], str]]:
    """Return how many there were for each reason, and what tells how far they climbed."""
    by_reason: Counter[str] = Counter()
    for (code, _), number in summary.escalations.items():
        by_reason[code] += number

    def words(code: str) -> str:
        reached = ((name, summary.escalations[code, level]) for level, name in _LEVELS.items())
        climbed = ", ".join(f"{number} to the {name}" for name, number in reached if number)
        return f"{staff_reason(code)} Went {climbed}."

    return by_reason, words


def _section(console: Console, title: str, counts: Counter[str], words: Callable[[str], str]) -> None:
    _print(console, f"\n{title}: {counts.total()}")
    _list(console, counts, words)


def _list(console: Console, counts: Counter[str], words: Callable[[str], str]) -> None:
    for name, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        _print(console, f"  {number:>4}  {words(name)}")


def _agreement(console: Console, summary: Summary) -> None:
    _print(console, "\nWhat the providers have, and what we recorded")
    for provider in summary.providers:
        _print(console, f"  {_provider(provider)}")
    if any(provider.to_staff for provider in summary.providers):
        _print(console, "  (staff hear of safety every half hour until somebody acknowledges it)")
    _print(
        console, f"  outcomes that nobody knows: {summary.unknown}; possible duplicates: {summary.duplicates}"
    )


def _provider(one: Provider) -> str:
    total = one.to_victims + one.to_staff
    staff = f" ({one.to_victims} to victims, {one.to_staff} to staff)" if one.to_staff else ""
    twice = f"{one.twice} of them twice" if one.twice else "none twice"
    return f"{one.name}: {total}{staff}, {twice}; recorded: {one.recorded}"


def _keepsakes(console: Console, kept: Keepsakes) -> None:
    console.rule("To look at", characters="-")
    if kept.sms:
        segments = "1 segment" if kept.segments == 1 else f"{kept.segments} segments"
        _print(console, f"An SMS ({segments}): {kept.sms}")
    if kept.email:
        _print(console, f"An email ({kept.subject}): {kept.email}")
    if kept.letter:
        _print(console, f"A letter: {kept.letter}")


def show_way_in(console: Console) -> None:
    """Say how to see the day in the operations room, where it does not stay up."""
    _print(console, "The operations room of this day: `notifier demo` without --exit opens it, on *Today*")


def show_places(console: Console, stage: Stage, kept: Keepsakes, guest: Guest) -> None:
    """Say where to look while everything stays up."""
    notifier = Path(sys.executable).with_name("notifier")
    console.rule("It stays up, now at the pace of life: Ctrl-C ends it", characters="-")
    for line in (
        f"Operations room: {guest.url}",
        f"  sign in as {guest.name}, password {guest.password}",
        f"Health:   {stage.url}/healthz and {stage.url}/metrics",
        f"Letters:  {stage.home / LETTERS}",
        f"Logs:     {stage.home / LOGS}",
        "Commands speak to it in its folder:",
        f"  cd {stage.home}",
        f"  {notifier} trace {kept.case_id or 'CASE'}",
        f"  {notifier} escalations",
    ):
        _print(console, line)


def _print(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, highlight=False, markup=False)
