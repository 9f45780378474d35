"""What every command shares: how it prints for people and for programs, and how ids are written."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]


def emit(record: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    print(json.dumps(record, ensure_ascii=False), flush=True)


def emit_all(records: Iterable[Mapping[str, Any]]) -> None:
    """Print JSON objects, one a line."""
    for record in records:
        emit(record)


def moment(value: str) -> datetime:
    """Read a time given on the command line; one without an offset is wrong usage."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        read = None
    if read is None or read.utcoffset() is None:
        raise typer.BadParameter(f"{value} is no time with an offset; give 2026-04-02T00:00:00+01:00")
    return read


def number_of(letters: str, written: str) -> tuple[str, int]:
    """Read an id such as N12 whose letter is one of ``letters``; return the letter and the number."""
    read = re.fullmatch(rf"([{letters}])([1-9]\d{{0,17}})", written.strip().upper())
    if read is None:
        example = " or ".join(f"{letter}12" for letter in letters)
        raise typer.BadParameter(f"{written} is no id of this kind; give one such as {example}")
    return read[1], int(read[2])


def with_progress(items: Iterable[Any], words: str) -> Iterator[Any]:
    """Pass ``items`` on and count them on the terminal, where standard error is one."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(items, description=words, total=None)
