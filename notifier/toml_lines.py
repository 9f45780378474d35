"""Where each entry of a TOML text stands: ``tomllib`` gives the values and forgets the lines."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

EntryPath = tuple[str | int, ...]


def entry_lines(text: str) -> dict[EntryPath, int]:
    """Return the line, from 1, on which each entry of a valid TOML text begins.

    An entry is named by its keys from the top, and a table of ``[[...]]`` also by its number from 0.
    """
    lines: dict[EntryPath, int] = {}
    repeated: Counter[EntryPath] = Counter()
    table: EntryPath = ()
    for number, statement, content in _statements(text):
        paths = list(_paths(content))
        if statement.startswith("["):
            table = _table(paths[-1], repeated, again=statement.startswith("[["))
            paths = [table[:length] for length in range(1, len(table) + 1)]
        else:
            paths = [(*table, *path) for path in paths]
        for path in paths:
            lines.setdefault(path, number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield each header or entry with its first line's number and what it says when read alone.

    TOML ends a statement at the end of a line: the fewest lines that are valid alone are one statement.
    """
    first, statement = 1, ""
    for number, line in enumerate(text.split("\n"), start=1):
        statement += line + "\n"
        try:
            content = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        if content:
            yield first, statement.lstrip(), content
        first, statement = number + 1, ""


def _paths(content: dict[str, Any]) -> Iterator[EntryPath]:
    for key, value in content.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, *below) for below in _paths(value))


def _table(keys: EntryPath, repeated: Counter[EntryPath], *, again: bool) -> EntryPath:
    """Return where a header's table stands; ``again`` begins the next table of that name."""
    path: EntryPath = ()
    for place, key in enumerate(keys, start=1):
        path = (*path, key)
        if again and place == len(keys):
            repeated[path] += 1
        if path in repeated:
            path = (*path, repeated[path] - 1)
    return path
