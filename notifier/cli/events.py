"""Events on their way in, and what would become of them: publish, simulate, check."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from notifier.cli.output import Json, emit, moment, with_progress
from notifier.cli.trying import policies_in_force, policies_of, simulation_of
from notifier.errors import NotifierError

if TYPE_CHECKING:
    from rich.table import Table


_INPUT = Path("-")
_EVENTS = typer.Argument(
    metavar="FILE", help="Events, one CloudEvents 1.0 JSON document a line; - reads them from standard input."
)


def publish(file: Annotated[Path, _EVENTS], as_json: Json = False) -> None:
    """Put events into the queue.

    They are only written down here: the intake checks them, and `notifier failures` shows what it refused.

    \b
    Example:
      notifier publish events.jsonl
    """
    from notifier.publishing import publish_lines
    from notifier.settings import load_settings
    from notifier.wiring import redis_client, redis_url

    settings = load_settings()
    with _opened(file) as source, redis_client(redis_url(settings)) as client:
        lines = with_progress(_texts(source, file), "publishing")
        count = publish_lines(client, settings.event_stream, lines)
    if as_json:
        emit({"published": count, "stream": settings.event_stream})
    else:
        print(f"{count} events are in the queue {settings.event_stream}")


def simulate(
    file: Annotated[Path, _EVENTS],
    until: Annotated[
        str, typer.Option(metavar="TIME", help="Where the virtual clock stops (exclusive), with its offset.")
    ],
    outcomes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What becomes of messages, one JSON object a line.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A policy to try instead of the one in force.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what would be told to whom and when.

    Nothing is sent and nothing is stored.

    FILE is events in any order; the virtual clock starts at the first time in it. On a terminal the lines
    are a table; else, and with --json, one JSON object a line.

    \b
    Example:
      notifier simulate examples/one-case.jsonl --until 2026-05-01T00:00:00+01:00
    """
    from notifier.simulation import read_lines, read_outcomes

    end = moment(until)
    with _opened(file) as source:
        documents = list(_texts(source, file))
    policies = policies_of(policy) if policy is not None else policies_in_force()
    results = read_outcomes(read_lines(outcomes)) if outcomes is not None else []
    with simulation_of(policies, results) as simulation:
        lines = simulation.run(documents, end)
        if as_json or not sys.stdout.isatty():
            for line in lines:
                emit(line)
        else:
            _show(with_progress(lines, "simulating"))


def check(as_json: Json = False) -> None:
    """Check addresses and texts.

    JSONL on standard input, a verdict for each line on standard output.

    A line is {"channel": "sms", "address": "..."} (or email, letter, call), or {"channel": "sms", "text":
    "..."}. The verdicts are JSON with and without --json.

    \b
    Example:
      echo '{"channel": "sms", "address": "07700 900123"}' | notifier check
    """
    from notifier.addresses import check_json

    channels = policies_in_force().of(None, datetime.now(UTC)).channels
    for line in sys.stdin.buffer:
        if line.strip():
            emit(
                check_json(
                    line,
                    allow_international=channels.allow_international,
                    allow_foreign_post=channels.allow_foreign_post,
                )
            )


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file == _INPUT:
        yield sys.stdin.buffer
        return
    try:
        opened = file.open("rb")
    except OSError as problem:
        raise NotifierError(
            f"{file} cannot be read ({problem.strerror}): give a file of events, or -"
        ) from None
    with opened:
        yield opened


def _texts(source: BinaryIO, file: Path) -> Iterator[str]:
    """Yield the lines that are not empty; a line that is no text stops everything after it."""
    for number, line in enumerate(source, start=1):
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            raise NotifierError(
                f"{file}, line {number} is not UTF-8: mend it, and give the whole file again"
            ) from None
        if text:
            yield text


def _show(lines: Iterable[dict[str, Any]]) -> None:
    from rich.console import Console

    Console().print(_table(lines))


def _table(lines: Iterable[dict[str, Any]]) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table("when", "what", "to", "about", "words", box=SIMPLE, pad_edge=False)
    for line in lines:
        what = " ".join(str(line[name]) for name in ("what", "channel", "kind", "level") if name in line)
        words = line.get("text") or line.get("reason") or "; ".join(line["why"])
        whom = f"{line['role'] or ''} {line['person_id'] or ''}"
        about = f"{line['event_type'] or ''} ({line['case_id']})"
        # As texts, not as strings: a victim's words must not be read as markup.
        table.add_row(*(Text(cell) for cell in (line["at"], what, whom, about, words)))
    return table
