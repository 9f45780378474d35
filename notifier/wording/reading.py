"""Reads a template without rendering it, and says what it may not do: one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateNotFound, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from notifier.rendering_fields import Fields

# What may be asked of a text or of a mapping that the template wrote itself, and of a loop.
_METHODS = frozenset({"startswith", "endswith", "split", "get"})
_LOOP_FIELDS = frozenset({"first", "last", "index", "index0", "length", "revindex"})
_REFUSED = {
    nodes.EvalContextModifier: "it changes how text becomes HTML: take autoescape out",
    nodes.Import: "it imports a whole template: name the macros, with from ... import",
    nodes.Extends: "it extends another template: include that one",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that a template may not do; ``words`` name the field and the mend."""

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.words}"


def read_template(sandbox: SandboxedEnvironment, path: str, fields: Fields | None) -> Iterator[Refusal]:
    """Yield all that the template at ``path``, and those it includes, may not do.

    ``fields`` are the only ones it may print, as :func:`notifier.wording.allowed.fields_of` gives them; with
    ``None`` only its syntax is read.
    """
    yield from _read(sandbox, path, fields, frozenset())


def _read(
    sandbox: SandboxedEnvironment, path: str, fields: Fields | None, within: frozenset[str]
) -> Iterator[Refusal]:
    try:
        tree, foreign = _parsed(sandbox, path)
    except TemplateSyntaxError as wrong:
        yield Refusal(path, wrong.lineno, f"it is not a template that can be read: {wrong.message}")
        return
    except UnicodeDecodeError:
        yield Refusal(path, 1, "it is not UTF-8: save it as UTF-8")
        return
    if fields is None:
        return
    yield from _Reading(sandbox, path, tree, foreign, fields).refusals()
    taken_in: list[nodes.Include | nodes.FromImport] = [*tree.find_all(nodes.Include)]
    taken_in += tree.find_all(nodes.FromImport)
    for node in taken_in:
        yield from _taken_in(sandbox, path, node, fields, within | {path})


def _parsed(sandbox: SandboxedEnvironment, path: str) -> tuple[nodes.Template, set[str]]:
    """Return a template and the names in it that it does not make itself."""
    assert sandbox.loader is not None
    source, file, _ = sandbox.loader.get_source(sandbox, path)
    tree = sandbox.parse(source, path, file)
    return tree, {*meta.find_undeclared_variables(tree), "self"}  # Jinja makes the template itself a name


def _taken_in(
    sandbox: SandboxedEnvironment,
    path: str,
    node: nodes.Include | nodes.FromImport,
    fields: Fields,
    within: frozenset[str],
) -> Iterator[Refusal]:
    name = node.template.value if isinstance(node.template, nodes.Const) else None
    if not isinstance(name, str):
        yield Refusal(path, node.lineno, "it takes in a template that is not named: write the name out")
    elif name in within:
        yield Refusal(path, node.lineno, f"it takes in {name}, which takes it in: let one of them go")
    else:
        try:
            yield from _read(sandbox, name, fields, within)
        except TemplateNotFound:
            yield Refusal(path, node.lineno, f"it takes in {name}, which is in no folder of templates")


class _Reading:
    """One template with its fields."""

    def __init__(
        self,
        sandbox: SandboxedEnvironment,
        path: str,
        tree: nodes.Template,
        foreign: set[str],
        fields: Fields,
    ) -> None:
        self._filters, self._tests = sandbox.filters, sandbox.tests
        self._path, self._tree, self._foreign, self._fields = path, tree, foreign, fields
        own = (macro.name for macro in tree.find_all(nodes.Macro))
        taken = (name for node in tree.find_all(nodes.FromImport) for name in node.names)
        self._macros = {*own, *(name if isinstance(name, str) else name[1] for name in taken)}

    def refusals(self) -> Iterator[Refusal]:
        """Yield what is refused, in the order of the lines."""
        found = ((node.lineno, self._wrong(node)) for node in self._tree.find_all(nodes.Node))
        for line, words in sorted({(line, words) for line, words in found if words}):
            yield Refusal(self._path, line, words)

    def _wrong(self, node: nodes.Node) -> str | None:
        match node:
            case nodes.Name(ctx="load"):
                return self._wrong_name(node.name)
            case nodes.Getattr(attr=name) | nodes.Getitem(arg=nodes.Const(value=str() as name)):
                return self._wrong_field(node.node, name)
            case nodes.Getitem():
                return self._wrong_item(node)
            case nodes.Call():
                return self._wrong_call(node)
            case nodes.Filter() | nodes.Test():
                return self._wrong_filter(node)
        return next((words for kind, words in _REFUSED.items() if isinstance(node, kind)), None)

    def _wrong_name(self, name: str) -> str | None:
        if name not in self._foreign or name in self._fields:
            return None
        return f"{name} is no field here; there are {_names(self._fields)}"

    def _wrong_field(self, of: nodes.Node, name: str) -> str | None:
        owner = self._value(of)
        if isinstance(owner, Mapping):
            said = f"{_written(of)}.{name} is no field here; there are {_names(owner)}"
            return None if name in owner else said
        if name in _METHODS or (_is(of, "loop") and name in _LOOP_FIELDS):
            return None
        return f"it reads {name} of something that has no fields: take it out"

    def _wrong_item(self, node: nodes.Getitem) -> str | None:
        named = not isinstance(self._value(node.node), Mapping)
        return None if named else "it reads a field that is not named: write the name out"

    def _wrong_call(self, node: nodes.Call) -> str | None:
        match node.node:
            case nodes.Name() as macro if _is(macro, *self._macros):
                return None
            case nodes.Getattr(attr=name) if name in _METHODS:
                return None
        return "it calls something that is no macro of a template: use a field or a filter"

    def _wrong_filter(self, node: nodes.Filter | nodes.Test) -> str | None:
        """Inside a condition Jinja says nothing of an unknown one until it is rendered."""
        known = self._filters if isinstance(node, nodes.Filter) else self._tests
        return (
            None if node.name in known else f"{node.name} is no filter or test that is allowed: take it out"
        )

    def _value(self, node: nodes.Node) -> Any:
        """Return the fields behind a field, where it is one that has fields; else something else."""
        match node:
            case nodes.Name(name=name) if name in self._foreign:
                return self._fields.get(name)
            case (
                nodes.Getattr(node=owner, attr=name)
                | nodes.Getitem(node=owner, arg=nodes.Const(value=str() as name))
            ):
                fields = self._value(owner)
                return fields.get(name) if isinstance(fields, Mapping) else None
        return None


def _is(node: nodes.Node, *names: str) -> bool:
    return isinstance(node, nodes.Name) and node.name in names


def _names(fields: Mapping[str, Any]) -> str:
    return ", ".join(sorted(fields)) or "none"


def _written(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return str(node.name)
        case nodes.Getattr():
            return f"{_written(node.node)}.{node.attr}"
        case nodes.Getitem(arg=nodes.Const(value=name)):
            return f"{_written(node.node)}.{name}"
    return "it"
