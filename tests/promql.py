"""As much of PromQL as is needed to see which metrics and labels an expression uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<range>\[[0-9smhdwy:]+\])|(?P<number>[0-9]+(?:\.[0-9]+)?)"""
    r"""|(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?P<sign>=~|!~|!=|==|<=|>=|[-+*/%^=<>(){},]))"""
)
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_OPERATORS = frozenset({"and", "or", "unless", "bool"})
FUNCTIONS = frozenset({"sum", "max", "min", "count", "rate", "increase", "deriv", "absent", "hour"})
"""Those that are in use; an expression with another one is refused."""


@dataclass(frozen=True)
class Selector:
    """A metric and the values that its labels are asked for; ``together`` are labels of a grouping around."""

    metric: str
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Expression:
    """What an expression uses."""

    selectors: tuple[Selector, ...]
    grouped: frozenset[str]


def read(text: str) -> Expression:
    """Return what an expression uses; raises ``ValueError`` where it is not understood."""
    tokens = list(_tokens(text))
    if _depth(tokens) != 0:
        raise ValueError(f"the brackets of {text!r} do not match")
    selectors: list[Selector] = []
    grouped: set[str] = set()
    place = 0
    while place < len(tokens):
        kind, word = tokens[place]
        place += 1
        if kind != "name" or word in _OPERATORS:
            continue
        following = tokens[place][1] if place < len(tokens) else ""
        if word in _GROUPING:
            end = tokens.index(("sign", ")"), place)
            grouped |= {name for kind, name in tokens[place:end] if kind == "name"}
            place = end
        elif following == "(" or (following in _GROUPING and word in FUNCTIONS):
            if word not in FUNCTIONS:
                raise ValueError(f"{word} is no function that is known here")
        else:
            end = tokens.index(("sign", "}"), place) if following == "{" else place
            selectors.append(Selector(word, _asked(tokens[place:end])))
            place = end
    return Expression(tuple(selectors), frozenset(grouped))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise ValueError(f"{text[place:]!r} is not understood")
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


def _depth(tokens: list[tuple[str, str]]) -> int:
    signs = [word for kind, word in tokens if kind == "sign"]
    return sum(signs.count(sign) for sign in "({") - sum(signs.count(sign) for sign in ")}")


def _asked(tokens: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    asked: dict[str, tuple[str, ...]] = {}
    for place, (kind, word) in enumerate(tokens):
        if kind == "name":
            value = tokens[place + 2][1].strip('"')
            asked[word] = tuple(value.split("|")) if tokens[place + 1][1] == "=~" else (value,)
    return asked
