"""Finds every label of the operations room: in its pages, in the words behind codes, and in its program."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import get_args

from jinja2.ext import babel_extract

import notifier
from notifier import addresses, duties, interventions, plain_words, postal, staff_words
from notifier.cli import users
from notifier.event_data import Offence
from notifier.records import AccountRole, FailureReason, Role
from notifier.rules.decision import HOLDS
from notifier.web import ops
from notifier.web.ops import case_story, contact_plan, plan_form, templates

PAGES = Path(notifier.__file__).parent / "web" / "ops" / "pages"
_OPTIONS = {
    "extensions": "jinja2.ext.i18n,jinja2.ext.loopcontrols",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "newstyle_gettext": "true",
    "silent": "false",
}
_Place = int | str | tuple[int, ...]
# What is called to say something, and which of its arguments is the label.
_SAYING: dict[str, _Place] = {
    **{"see": 2, "say": 0, "page": "words", "_form": "said_here", "_do": 6},
    **{"Changed": 0, "NotFound": 0, "NotifierError": 0, "HTTPException": 1, "NotLetIn": 1},
    **{"note": 2, "note_refused": 2, "note_command": 1, "_note": 3, "_message": 3},
    **{"first_of_notice": 2, "_first_of_event": 2},
    **{"Line": 1, "Coming": (0, 1)},
    "AddressRefused": 0,
}
# It stands in what `notifier check` says of a line that it cannot read, which no page shows.
_OF_CHECKS = '"'


def labels() -> set[str]:
    """Return the English of all of them."""
    return {*_of_pages(), *_of_codes(), *_of_program()}


def _of_pages() -> Iterator[str]:
    for file in PAGES.glob("*.html"):
        with file.open("rb") as page:
            for _line, _function, words, _comments in babel_extract(page, ("_",), (), _OPTIONS):
                first = words[0] if isinstance(words, tuple) else words
                # None where a page shows the label of a code: those are listed below.
                if first is not None:
                    yield first


def _of_codes() -> Iterator[str]:
    tables: tuple[dict[str, str], ...] = (
        *(plain_words.EVENTS, plain_words.OTHER_NEWS, plain_words.CODES, plain_words.WORDINGS),
        *(plain_words.NOTICE_STATES, plain_words.ATTEMPT_STATES),
        *(staff_words.REASONS, staff_words.TO_DO, HOLDS),
        *(templates.FILES, contact_plan.NAMES),
    )
    for table in tables:
        yield from table.values()
    yield from case_story.KINDS.values()
    yield from AccountRole
    yield from Role
    yield from (code.replace("_", " ") for code in (*get_args(Offence), *FailureReason))
    asked = (AccountRole.OFFICER, AccountRole.SUPERVISOR, AccountRole.ADMIN)
    yield from (f"this is for {role.value}s; ask one of them" for role in asked)


def _of_program() -> Iterator[str]:
    names = [f"{ops.__name__}.{found.name}" for found in pkgutil.iter_modules(ops.__path__)]
    for module in (*map(import_module, names), duties, interventions, addresses, postal):
        yield from _Reader(module).labels()
    yield from _Reader(users, {"note_command": 1}).labels()


class _Reader:
    """Reads the source of a module for what it says with words that stand there."""

    def __init__(self, module: ModuleType, saying: Mapping[str, _Place] = _SAYING) -> None:
        self._saying = saying
        assert module.__file__ is not None
        self._module = module
        self._nodes = list(ast.walk(ast.parse(Path(module.__file__).read_text())))

    def labels(self) -> Iterator[str]:
        found = (words for node in self._said() for words in self._values(node))
        yield from (words for words in found if words and _OF_CHECKS not in words)

    def _said(self) -> Iterator[ast.expr]:
        for node in self._nodes:
            if isinstance(node, ast.Call):
                yield from self._arguments(node)
            elif self._module is plan_form:
                yield from self._mistakes(node)
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "marks":
                assert isinstance(node.value, ast.Dict)
                yield from (key for key in node.value.keys if key is not None)

    def _arguments(self, call: ast.Call) -> Iterator[ast.expr]:
        name = ast.unparse(call.func).rpartition(".")[2]
        if name == "__init__":  # of an exception: its words, after the status where it has one
            yield from (each for each in call.args if isinstance(each, ast.Constant))
        place = self._saying.get(name)
        if isinstance(place, str):
            yield from (each.value for each in call.keywords if each.arg == place)
        elif place is not None:
            wanted = place if isinstance(place, tuple) else (place,)
            yield from (call.args[one] for one in wanted if one < len(call.args))

    def _mistakes(self, node: ast.AST) -> Iterator[ast.expr]:
        """What is wrong with a form is returned, or stands under the name of its field."""
        is_found = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
        if isinstance(node, ast.Assign | ast.Return) and (is_found or isinstance(node, ast.Return)):
            value = node.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.endswith("."):
                yield value

    def _values(self, node: ast.expr) -> list[str]:
        """Return what an expression may be; nothing where that is known only when the program runs."""
        try:
            known = eval(compile(ast.Expression(node), "", "eval"), vars(self._module))
        except (NameError, AttributeError, KeyError):
            return list(self._possible(node))
        return [str(known)] if isinstance(known, str | int) else []

    def _possible(self, node: ast.expr) -> Iterable[str]:
        if isinstance(node, ast.IfExp):
            return [*self._values(node.body), *self._values(node.orelse)]
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            table = vars(self._module).get(node.value.id, {})
            return [str(value) for value in table.values()] if isinstance(table, dict) else []
        if isinstance(node, ast.JoinedStr):
            parts = (each.value if isinstance(each, ast.FormattedValue) else each for each in node.values)
            return ["".join(each) for each in product(*map(self._values, parts))]
        if isinstance(node, ast.Name):
            given = (each for each in self._nodes if isinstance(each, ast.Assign))
            named = (each.value for each in given if ast.unparse(each.targets[0]) == node.id)
            return [words for value in named for words in self._values(value)]
        return []
