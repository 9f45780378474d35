"""The summary and the places to look, in plain words."""

from __future__ import annotations

import os
from collections import Counter

from rich.console import Console
from rich.table import Table

from notifier.demo.keepsakes import Keepsakes
from notifier.demo.stage import Stage
from notifier.demo.summary import Summary


def show_summary(console: Console, summary: Summary, kept: Keepsakes) -> None:
    """Print what became of the day, and what can be opened."""
    console.rule("What became of the day", characters="=")
    refused = sum(summary.refused.values())
    console.print(f"Events in: {summary.events}, repeats: {summary.repeats}, refused: {refused}")
    _list(console, summary.refused)
    console.print(_told(summary))
    _section(console, "Held for a person", summary.held)
    _section(console, "Suppressed, each with its reason", summary.suppressed)
    console.print(f"\nTook another way because the first failed: {summary.fallbacks} notices")
    levels = Counter({f"{reason}, reached level {n}": k for (reason, n), k in summary.escalations.items()})
    _section(console, "Escalations", levels)
    _section(console, "Tasks for people", summary.tasks)
    _section(console, "Legal duties", summary.duties)
    _agreement(console, summary)
    for line in summary.lost:
        console.print(f"LOST: {line}", style="bold red")
    _keepsakes(console, kept)


def _told(summary: Summary) -> Table:
    channels = sorted({channel for _, channel in summary.told})
    table = Table(title="What was told, by which channel", title_justify="left", box=None, padding=(0, 2))
    table.add_column("")
    for channel in channels:
        table.add_column(channel, justify="right")
    for type_ in sorted({type_ for type_, _ in summary.told}):
        table.add_row(type_, *(str(summary.told[type_, channel] or "") for channel in channels))
    table.add_row("victims reached", *(str(summary.people[channel]) for channel in channels))
    return table


def _section(console: Console, title: str, counts: Counter[str]) -> None:
    console.print(f"\n{title}: {sum(counts.values())}")
    _list(console, counts)


def _list(console: Console, counts: Counter[str]) -> None:
    for name, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        console.print(f"  {number:>4}  {name}", soft_wrap=True, highlight=False)


def _agreement(console: Console, summary: Summary) -> None:
    console.print("\nWhat the providers have, and what we recorded as sent")
    for provider in summary.providers:
        twice = f", {provider.twice} of them twice" if provider.twice else ", none twice"
        console.print(f"  {provider.name}: {provider.has}{twice}; recorded: {provider.recorded}")
    console.print(
        f"  outcomes that nobody knows: {summary.unknown}; possible duplicates: {summary.duplicates}"
    )


def _keepsakes(console: Console, kept: Keepsakes) -> None:
    console.rule("To look at", characters="-")
    if kept.sms:
        console.print(f"An SMS ({kept.segments} segments): {kept.sms}", soft_wrap=True, highlight=False)
    if kept.email:
        console.print(f"An email ({kept.subject}): {kept.email}", soft_wrap=True, highlight=False)
    if kept.letter:
        console.print(f"A letter: {kept.letter}", soft_wrap=True, highlight=False)


def show_places(console: Console, stage: Stage) -> None:
    """Say where to look while everything stays up."""
    url = os.environ["NOTIFIER_PUBLIC_URL"]
    console.rule("It stays up: Ctrl-C ends it", characters="-")
    lines = (
        f"Web:      {url}/healthz, {url}/metrics",
        f"Letters:  {stage.home / 'letters'}",
        f"Logs:     {stage.home / 'logs'}",
        f"Why?      NOTIFIER_HOME={stage.home} .venv/bin/notifier trace c01",
        f"To do:    NOTIFIER_HOME={stage.home} .venv/bin/notifier escalations",
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
