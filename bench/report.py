"""What becomes of figures: a table to read, a file for each part, and the table in the documents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import capacity
from bench.figures import Figure

_ROOT = Path(__file__).parents[1]
RESULTS = _ROOT / "bench" / "results"
DOCUMENTS = (_ROOT / "docs" / "scaling.md", _ROOT / "README.md")
# What a stranger asks for first: the beginnings of the figures' names, part by part.
_HEADLINES = {
    **dict.fromkeys(("peer", "bare", "email", "letters"), ("rate",)),
    "sms-loop": ("rate", "processor"),
    "latency": ("alone, p50", "bulk, p99"),
    "many-cases": ("a sweep", "one notice", "36,000 updates"),
    "pages": ("Today", "Work list, p95", "Case"),
}
_HEAD = ("what", "database", "figure", "unit", "runs", "load")
_MARKDOWN = "| " + " | ".join(_HEAD) + " |\n|---|---|---:|---|---|---|"


def keep(part: str, machine: dict[str, object], figures: Sequence[Figure]) -> None:
    """Write a part's figures to ``bench/results``."""
    RESULTS.mkdir(exist_ok=True)
    content = {"part": part, "machine": machine, "figures": [as_kept(figure) for figure in figures]}
    (RESULTS / f"{part}.json").write_text(json.dumps(content, indent=1) + "\n")


def as_kept(figure: Figure) -> dict[str, object]:
    """Return a figure as it is kept."""
    return {
        "what": figure.what,
        "database": figure.database,
        "unit": figure.unit,
        "median": round(figure.median, 3),
        "values": [round(value, 3) for value in figure.values],
        "loads": [round(load, 2) for load in figure.loads],
        "note": figure.note,
    }


def show(figures: Iterable[Figure]) -> None:
    """Print the table."""
    table = Table(*_HEAD)
    for figure in figures:
        table.add_row(*_cells(figure))
    Console().print(table)


def write_documents() -> None:
    """Put the kept figures, and what follows from them, into the documents that have a place for them."""
    figures = kept()
    for document in DOCUMENTS:
        write_into(document, "figures", as_markdown(figures))
        write_into(document, "headline", as_markdown(filter(_is_headline, figures)))
        for cost in (figure.median for figure in figures if _is_cost(figure)):
            write_into(document, "capacity", capacity.as_markdown(cost))


def write_into(document: Path, name: str, table: str) -> None:
    """Put a table between its markers, where the document has them."""
    text = document.read_text()
    before, begin, rest = text.partition(f"<!-- make bench: {name} -->\n")
    _, end, after = rest.partition("<!-- end -->")
    if begin and end:
        document.write_text(f"{before}{begin}{table}\n{end}{after}")


def _is_headline(figure: Figure) -> bool:
    return figure.what.startswith(_HEADLINES.get(figure.part, ()))


def _is_cost(figure: Figure) -> bool:
    return (figure.part, figure.what, figure.database) == ("sms-loop", "processor", "postgresql")


def kept() -> list[Figure]:
    """Return the figures of all result files, part by part."""
    found = []
    for path in sorted(RESULTS.glob("*.json")):
        content = json.loads(path.read_text())
        found += [_read(content["part"], one) for one in content["figures"]]
    return found


def as_markdown(figures: Iterable[Figure]) -> str:
    """Return the table for a document."""
    return "\n".join((_MARKDOWN, *(f"| {' | '.join(_cells(figure))} |" for figure in figures)))


def _read(part: str, one: dict[str, object]) -> Figure:
    values, loads = one["values"], one["loads"]
    assert isinstance(values, list)
    assert isinstance(loads, list)
    texts = (str(one[name]) for name in ("what", "unit", "database", "note"))
    what, unit, database, note = texts
    return Figure(part, what, unit, tuple(values), tuple(loads), database, note)


def _cells(figure: Figure) -> tuple[str, ...]:
    note = f" ({figure.note})" if figure.note else ""
    return (
        f"{figure.part}: {figure.what}{note}",
        figure.database,
        _number(figure.median),
        figure.unit,
        ", ".join(_number(value) for value in figure.values),
        f"{min(figure.loads):.1f} to {max(figure.loads):.1f}",
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
