"""Letters: what the print room reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from notifier.cli.output import Json, emit
from notifier.errors import NotifierError
from notifier.records import ChannelName

if TYPE_CHECKING:
    from notifier.channels.letter_print import ReturnLine
    from notifier.wiring import Services


def returned(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The print room's file, CSV or JSON lines: id, state.")
    ],
    as_json: Json = False,
) -> None:
    """Take in the print room's return file.

    Each line names a letter by the id of its manifest, and its state: despatched or returned. What became
    of each line is printed; a line that is wrong, or names no letter of ours, stops no other and makes the
    exit status 1. The same file again changes nothing.

    \b
    Example:
      notifier letters returned returns-2026-04-01.csv
    """
    from notifier.channels.letter_print import read_returns
    from notifier.wiring import services

    read = read_returns(_text_of(file).split("\n"))
    with services() as parts:
        used = [_take_in(parts, line, as_json) for line in read]
    if wrong := used.count(False):
        raise NotifierError(f"{wrong} lines could not be used; correct them and give the file again")


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise NotifierError(f"{file} cannot be read; give a file that this user may read") from None


def _take_in(parts: Services, line: ReturnLine, as_json: bool) -> bool:
    """Take one line in, and print what became of it; return whether it could be used."""
    outcome, said = line.state, f"{line.ref} was {line.state}"
    if line.receipt is None:
        outcome, said = "refused", f"refused, {line.wrong}"
    elif not _is_ours(parts, line.ref):
        outcome, said = "unknown", f"{line.ref} is no letter of ours"
    else:
        parts.path.receive(ChannelName.LETTER, [line.receipt], parts.clock.now())
    if as_json:
        emit({"line": line.number, "id": line.ref, "outcome": outcome, "reason": line.wrong})
    else:
        print(f"line {line.number}: {said}")
    return outcome == line.state


def _is_ours(parts: Services, ref: str | None) -> bool:
    from notifier.store import receipts

    with parts.store.begin() as tx:
        return receipts.attempt_of(tx, ChannelName.LETTER, ref, None) is not None
