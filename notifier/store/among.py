"""A column that is one of many values, given as one parameter: the statement's text is always the same.

With ``IN`` and a place for each value the text differs with their number, and is made, parsed and planned
anew for each.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Self

from sqlalchemy import Boolean, ColumnElement, Dialect, Text, TypeDecorator, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that ``column``, a key or a text, is among the values of parameter ``name``."""
    return _Among(column, bindparam(name, type_=_Values(column.type)))


class _Values(TypeDecorator[Collection[Any]]):
    """Many values in one parameter: an array for PostgreSQL, JSON for SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the database takes."""
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        """Return the values as the database takes them; raises ``TypeError`` where they are missing."""
        if value is None:
            raise TypeError("the values to look for are missing")
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class _Among(FunctionElement[bool]):
    """The condition, which each database writes in its own way."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Self:
        """Return the condition itself: SQLite would be asked whether it ``= 1``, and then uses no index."""
        return self


@compiles(_Among, "postgresql")
def _for_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    return compiler.process(column == any_(values), **kw)


@compiles(_Among, "sqlite")
def _for_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    listed = func.json_each(values).table_valued("value")
    return compiler.process(column.in_(select(listed.c.value)), **kw)
