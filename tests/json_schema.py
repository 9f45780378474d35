"""A reader of JSON Schema for tests: the keywords that `notifier schema` uses, and not one more.

It checks formats, as the published schema asks for. A keyword it does not know is an error, never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

Schema = dict[str, Any]
Faults = Iterator[str]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
}  # fmt: skip
_FORMATS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
}
_ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "default", "examples"}


class SchemaReader:
    """Says what is wrong with a value by a schema whose references stay inside ``document``."""

    def __init__(self, document: Schema) -> None:
        self.document = document

    def faults(self, value: Any, schema: Schema | None = None, place: str = "") -> list[str]:
        """Return the places that are wrong, by default by the whole document."""
        return [
            fault
            for keyword, rule in (self.document if schema is None else schema).items()
            if keyword not in _ANNOTATIONS
            for fault in getattr(self, _method(keyword))(rule, value, place)
        ]

    def resolve(self, reference: str) -> Schema:
        """Return what a reference points at; one that leads nowhere is an error."""
        found = self.document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found

    def on_ref(self, rule: str, value: Any, place: str) -> Faults:
        yield from self.faults(value, self.resolve(rule), place)

    def on_type(self, rule: str, value: Any, place: str) -> Faults:
        wrong_number = rule == "integer" and isinstance(value, bool)
        if wrong_number or not isinstance(value, _TYPES[rule]):
            yield f"{place}: no {rule}"

    def on_const(self, rule: Any, value: Any, place: str) -> Faults:
        if value != rule:
            yield f"{place}: not {rule}"

    def on_enum(self, rule: list[Any], value: Any, place: str) -> Faults:
        if value not in rule:
            yield f"{place}: none of {rule}"

    def on_required(self, rule: list[str], value: Any, place: str) -> Faults:
        if isinstance(value, dict):
            yield from (f"{place}.{name}: missing" for name in rule if name not in value)

    def on_properties(self, rule: Schema, value: Any, place: str) -> Faults:
        if isinstance(value, dict):
            for name in rule.keys() & value.keys():
                yield from self.faults(value[name], rule[name], f"{place}.{name}")

    def on_items(self, rule: Schema, value: Any, place: str) -> Faults:
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from self.faults(item, rule, f"{place}.{number}")

    def on_allOf(self, rule: list[Schema], value: Any, place: str) -> Faults:
        for each in rule:
            yield from self.faults(value, each, place)

    def on_anyOf(self, rule: list[Schema], value: Any, place: str) -> Faults:
        if all(self.faults(value, each, place) for each in rule):
            yield f"{place}: fits none"

    def on_oneOf(self, rule: list[Schema], value: Any, place: str) -> Faults:
        fitting = sum(not self.faults(value, each, place) for each in rule)
        if fitting != 1:
            yield f"{place}: fits {fitting}"

    def on_minLength(self, rule: int, value: Any, place: str) -> Faults:
        if isinstance(value, str) and len(value) < rule:
            yield f"{place}: shorter than {rule}"

    def on_maxLength(self, rule: int, value: Any, place: str) -> Faults:
        if isinstance(value, str) and len(value) > rule:
            yield f"{place}: longer than {rule}"

    def on_minItems(self, rule: int, value: Any, place: str) -> Faults:
        if isinstance(value, list) and len(value) < rule:
            yield f"{place}: fewer than {rule}"

    def on_minimum(self, rule: int, value: Any, place: str) -> Faults:
        if isinstance(value, int) and value < rule:
            yield f"{place}: below {rule}"

    def on_maximum(self, rule: int, value: Any, place: str) -> Faults:
        if isinstance(value, int) and value > rule:
            yield f"{place}: above {rule}"

    def on_pattern(self, rule: str, value: Any, place: str) -> Faults:
        # In JSON Schema "$" is the very end; in Python also before a last line end.
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", rule), value):
            yield f"{place}: not as {rule}"

    def on_format(self, rule: str, value: Any, place: str) -> Faults:
        try:
            if isinstance(value, str):
                _FORMATS[rule](value)
        except ValueError:
            yield f"{place}: no {rule}"


def _method(keyword: str) -> str:
    return f"on_{keyword.removeprefix('$')}"
