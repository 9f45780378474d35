"""Walks through the operations room: every route, with every id that fits each of its parameters."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

import httpx
from fastapi.routing import APIRoute, iter_route_contexts
from pypdf import PdfReader
from sqlalchemy import ColumnElement, select

from notifier.store.database import Store, Tx
from notifier.store.tables import attempts, cases, escalations, events, notices, rejections, tasks
from notifier.web.ops.app import create_ops
from tests.web.ops.world import Force


@dataclass(frozen=True)
class Parameter:
    """A parameter of a route; ``choices`` are its values where it has only these.

    Where it ``takes_number``, an id is given without its letter.
    """

    name: str
    is_path: bool
    is_required: bool
    takes_number: bool
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """A route of the operations room; ``fields`` are those of its form that FastAPI knows."""

    method: str
    path: str
    parameters: tuple[Parameter, ...]
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return how the tables of the tests name it."""
        return f"{self.method} {self.path}"

    def url(self, values: Mapping[str, str]) -> str:
        """Return its address with these values of its parameters."""
        path = self.path
        for each in self.parameters:
            if each.is_path:
                path = path.replace(f"{{{each.name}}}", quote(values[each.name], safe=""))
        query = {
            each.name: values[each.name]
            for each in self.parameters
            if not each.is_path and each.name in values
        }
        return f"/ops{path}" + (f"?{urlencode(query)}" if query else "")

    def fits(self, url: str) -> bool:
        """Tell whether ``url`` leads to it."""
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
        return re.fullmatch(f"/ops{pattern}", urlsplit(url).path) is not None


def routes() -> list[Route]:
    """Return every route there is."""
    app = create_ops(None)
    described = app.openapi()
    found = [
        Route(
            method.upper(),
            path,
            tuple(
                _parameter(each, described["components"]["schemas"])
                for each in operation.get("parameters", ())
            ),
            tuple(_fields(operation, described)),
        )
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
    there = {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in (context.route.methods or () if isinstance(context.route, APIRoute) else ("bare",))
    }
    assert {route.name for route in found} == there, "a route that is not described would slip past"
    return found


def _parameter(one: Mapping[str, Any], schemas: Mapping[str, Any]) -> Parameter:
    kinds = [one["schema"], *one["schema"].get("anyOf", ())]
    kinds = [schemas[kind["$ref"].rsplit("/", 1)[1]] if "$ref" in kind else kind for kind in kinds]
    types = {kind.get("type") for kind in kinds}
    choices = (
        ["true"] if "boolean" in types else [choice for kind in kinds for choice in kind.get("enum", ())]
    )
    return Parameter(
        one["name"],
        one["in"] == "path",
        one["required"],
        "integer" in types or "array" in types,
        tuple(map(str, choices)),
    )


def _fields(operation: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"]["$ref"].rsplit("/", 1)[1]
        yield from described["components"]["schemas"][name].get("properties", {})


@dataclass(frozen=True)
class Things:
    """The ids of what a force has, by their kind; ``ABSENT`` has one of each kind that nothing has."""

    of: Mapping[str, Sequence[str]]

    def all(self, kinds: Sequence[str]) -> list[str]:
        """Return every id of these kinds."""
        return [one for kind in kinds for one in self.of[kind]]


def things(store: Store, force: Force) -> Things:
    """Return what ``force`` has."""
    numbers = range(1, 7)
    with store.read() as tx:
        return Things(
            {
                "case": [force.case(number) for number in numbers],
                "victim": [force.victim(number) for number in numbers],
                "reference": [force.reference(number) for number in numbers],
                "staff": [f"{force.letter}-{role}" for role in ("officer", "supervisor", "unit")],
                "force": [force.name],
                "source": [force.source],
                "account": [
                    f"{role} of {force.name}" for role in ("viewer", "officer", "supervisor", "admin")
                ],
                "E": _ids(tx, "E", escalations, escalations.c.case_pk.in_(_keys(force))),
                "T": _ids(tx, "T", tasks, tasks.c.case_pk.in_(_keys(force))),
                "N": _ids(tx, "N", notices, notices.c.case_pk.in_(_keys(force))),
                "A": _ids(tx, "A", attempts, attempts.c.case_pk.in_(_keys(force))),
                "S": _ids(tx, "S", events, (events.c.source == force.source) & events.c.problem.is_not(None)),
                "R": _ids(tx, "R", rejections, rejections.c.pk.is_not(None)),
            }
        )


def _keys(force: Force) -> Any:
    return select(cases.c.pk).where(cases.c.force == force.name)


def _ids(tx: Tx, letter: str, table: Any, condition: ColumnElement[bool]) -> list[str]:
    return [f"{letter}{row.pk}" for row in tx.all(select(table.c.pk).where(condition).order_by(table.c.pk))]


ABSENT = Things(
    {
        "case": ["x-case-8"],
        "victim": ["x-victim-8"],
        "reference": ["XM/4008/26"],
        "staff": ["x-officer"],
        "force": ["Nowhere Police"],
        "source": ["urn:x:records"],
        "account": ["somebody else"],
        **{letter: [f"{letter}987654"] for letter in "ETNASR"},
    }
)


@dataclass(frozen=True)
class Call:
    """A request for a page; where it names things of others, ``instead`` names none in the same places."""

    route: Route
    values: Mapping[str, str]
    instead: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return its address."""
        return self.route.url(self.values)


class Walk:
    """Knows what fits each parameter: the kinds of ``ids`` that it may name, or its ``plain`` values.

    ``along`` is what goes with a parameter, where it means nothing alone.
    """

    def __init__(
        self,
        ids: Mapping[str, Sequence[str]],
        plain: Mapping[str, Sequence[str]],
        along: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.ids = ids
        self.plain = plain
        self._along = along

    def unknown(self, route: Route) -> set[str]:
        """Return the parameters that nobody thought of."""
        known = self.ids.keys() | self.plain.keys()
        return {each.name for each in route.parameters if not each.choices and each.name not in known}

    def named(self, call: Call) -> list[str]:
        """Return the ids that a request names."""
        return [value for name, value in call.values.items() if name in self.ids]

    def own(self, route: Route, mine: Things) -> Iterator[Call]:
        """Yield requests about one's own things: with each value of each parameter, in turn."""
        needed = [each for each in route.parameters if each.is_required]
        first = {each.name: self._values(each, mine)[0] for each in needed}
        seen: set[str] = set()
        for each in (None, *route.parameters):
            for value in self._values(each, mine) if each else ("",):
                more = {each.name: value, **self._along.get(each.name, {})} if each else {}
                call = Call(route, {**first, **more})
                if call.url not in seen:
                    seen.add(call.url)
                    yield call

    def of_others(self, route: Route, theirs: Things, mine: Things) -> Iterator[Call]:
        """Yield requests that name things of others, alone and together with more of theirs or one's own."""
        needed = [each for each in route.parameters if each.is_required]
        naming = [each for each in route.parameters if each.name in self.ids]
        plain = {each.name: self._values(each, mine)[0] for each in needed if each not in naming}
        for each in naming:
            others = [other for other in naming if other is not each]
            for rest in itertools.product(*(self._companions(other, theirs, mine) for other in others)):
                with_them = {other.name: pair for other, pair in zip(others, rest, strict=True) if pair}
                for pair in self._pairs(each, theirs):
                    named = {**with_them, each.name: pair}
                    rest_of = plain | {
                        name: value for one in named for name, value in self._along.get(one, {}).items()
                    }
                    yield Call(
                        route,
                        {**rest_of, **{name: given for name, (given, _) in named.items()}},
                        {**rest_of, **{name: absent for name, (_, absent) in named.items()}},
                    )

    def _values(self, each: Parameter, mine: Things) -> Sequence[str]:
        if each.choices:
            return each.choices
        if each.name not in self.ids:
            return self.plain[each.name]
        return [_written(value, each) for value in mine.all(self._kinds(each))]

    def _pairs(self, each: Parameter, theirs: Things) -> list[tuple[str, str]]:
        return [
            (_written(value, each), _written(ABSENT.of[kind][0], each))
            for kind in self._kinds(each)
            for value in theirs.of[kind]
        ]

    def _kinds(self, each: Parameter) -> Sequence[str]:
        return _NUMBERED_KINDS if each.takes_number else self.ids[each.name]

    def _companions(self, each: Parameter, theirs: Things, mine: Things) -> list[tuple[str, str] | None]:
        own = [(value, value) for value in self._values(each, mine)[:1]]
        left_out: list[tuple[str, str] | None] = [] if each.is_required else [None]
        return [*left_out, *own, *self._pairs(each, theirs)[:1]]


_NUMBERED_KINDS = ("N",)  # what is named by its number alone is a notice


def _written(value: str, each: Parameter) -> str:
    """Return an id as the parameter has it: some take the number alone."""
    return value[1:] if each.takes_number else value


@dataclass(frozen=True)
class Form:
    """A form of a page, as a browser would send it with something typed into every field."""

    action: str
    fields: tuple[tuple[str, str], ...]

    def about_nothing(self, theirs: Things) -> Form:
        """Return the same form about things that nobody has, in the places of those that are ``theirs``."""
        fields = (
            (name, _NUMBERED.sub(r"\g<1>987654\g<2>", _absent(value, theirs))) for name, value in self.fields
        )
        return Form(_absent(self.action, theirs), tuple(fields))


_NUMBERED = re.compile(r"^((?:\w+ )?)\d+((?:\.[\w.]+)?)$")  # "12", "12.STAMP", "retry 12.STAMP"


def _absent(text: str, theirs: Things) -> str:
    instead = tuple((value, ABSENT.of[kind][0]) for kind, values in theirs.of.items() for value in values)
    return _replaced(text, instead)


def _replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """Return ``text`` with each first of a pair replaced by its second, in each way that pages write it."""
    pattern, instead = _pattern(pairs)
    return pattern.sub(lambda found: instead[found[0]], text)


@cache
def _pattern(pairs: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    instead = {
        written: other
        for value, other in pairs
        for written in (value, quote(value), quote(value, safe=""), quote_plus(value))
    }
    either = "|".join(re.escape(written) for written in sorted(instead, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{either or '(?!)'})(?![\w-])"), instead


class Forms(HTMLParser):
    """Finds the forms of a page that change something."""

    def __init__(self, page: str, url: str, typed: Mapping[str, str]) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._url, self._typed = url, typed
        self._action: str | None = None
        self._fields: list[tuple[str, str]] = []
        self._buttons: list[tuple[str, str]] = []
        self._select: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, or a field of it."""
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "form" and given.get("method", "").lower() == "post":
            self._action = given.get("action") or self._url
            self._fields, self._buttons = [], []
        elif self._action is None or (tag != "option" and not name):
            return
        elif tag == "input" and name != "csrf":
            usual = self._typed.get(name, "words")
            self._fields.append(
                (name, value or ("on" if given.get("type") in ("checkbox", "radio") else usual))
            )
        elif tag == "textarea":
            self._fields.append((name, self._typed.get(name, "words")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and value:
            self._fields.append((self._select, value))
            self._select = None
        elif tag == "button":
            self._buttons.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        """Note that a form is whole: once for each button that says what it does."""
        if tag == "form" and self._action is not None:
            for pressed in [[button] for button in self._buttons] or [[]]:
                self.found.append(Form(self._action, (*self._fields, *pressed)))
            self._action = None


_CSRF = re.compile(r'name="csrf" value="[0-9a-f]+"')
_RANDOM = re.compile(r"\b[0-9a-f]{32,64}\b")
_NUMBER = re.compile(r"\b([ETNASR])\d+\b")
_KEY = re.compile(r'(\?id=|#point-|id="point-|name="(?:deed|chosen|n|newest|stamp|id)" value="(?:\w+ )?)\d+')


def words(answer: httpx.Response) -> str:
    """Return what a page says, without the token of its forms."""
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("application/pdf"):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    return _CSRF.sub("", answer.text)


def without(text: str, values: Iterable[str]) -> str:
    """Return a page without the ids that it was asked for, and without what numbers give away.

    A task is T7 and not T4 where others have tasks too: that is known, and nothing else may be.
    """
    named = (value for value in values if value and not value.isdecimal() and not _NUMBER.fullmatch(value))
    text = _replaced(text, tuple((value, "ID") for value in named))
    return _NUMBER.sub(r"\1#", _KEY.sub(r"\1#", _RANDOM.sub("RANDOM", text)))


def fields_of(form: Form) -> dict[str, list[str]]:
    """Return the fields of a form as a client sends them."""
    sent: dict[str, list[str]] = {}
    for name, value in form.fields:
        sent.setdefault(name, []).append(value)
    return sent
