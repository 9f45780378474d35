"""Adds or changes many rows of a table by one statement.

PostgreSQL gets the rows as one parameter: with one for each value the driver binds row after row, and the
server executes the statement as often. SQLite is in this process, and takes row after row faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Executable,
    LargeBinary,
    Row,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.selectable import TableValuedAlias

from notifier.store.tables import UtcTime

Values = Mapping[str, Any]
_ROWS, _KEY = "rows", "its_pk"


def add(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Add rows that have the same columns, in their order; raises ``ValueError`` for a naive time."""
    if connection.dialect.name == "postgresql":
        connection.execute(_inserted(table, _columns(rows[0])), _parameter(table, rows))
    else:
        connection.execute(sqlite.insert(table), rows)


def add_once(
    connection: Connection, table: Table, rows: Sequence[Values], returning: Sequence[Column[Any]]
) -> Sequence[Row[Any]]:
    """Add those of the rows that are not there yet; return these columns of what was added."""
    if connection.dialect.name == "postgresql":
        once = _inserted(table, _columns(rows[0])).on_conflict_do_nothing().returning(*returning)
        added = connection.execute(once, _parameter(table, rows))
    else:
        once = sqlite.insert(table).on_conflict_do_nothing().returning(*returning)
        added = connection.execute(once, rows)
    return added.all() if returning else ()


def change(connection: Connection, table: Table, rows: Mapping[int, Values]) -> None:
    """Change the same columns of rows, named by their keys; raises ``ValueError`` for a naive time."""
    named = [{_KEY: key, **values} for key, values in rows.items()]
    if connection.dialect.name == "postgresql":
        connection.execute(_updated(table, _columns(next(iter(rows.values())))), _parameter(table, named))
    else:
        connection.execute(_updated_one(table), named)


def _columns(row: Values) -> tuple[str, ...]:
    """Return the columns in one order, whatever that of the row: the statement is then always the same."""
    return tuple(sorted(row))


def _parameter(table: Table, rows: Sequence[Values]) -> dict[str, str]:
    times = [name for name in rows[0].keys() & table.c.keys() if isinstance(table.c[name].type, UtcTime)]
    if any(row[name] is not None and row[name].utcoffset() is None for row in rows for name in times):
        raise ValueError("a naive time was given to the store; every time carries an offset")
    return {_ROWS: to_json(rows, bytes_mode="hex").decode()}


@lru_cache
def _inserted(table: Table, names: tuple[str, ...]) -> postgresql.Insert:
    given = _given(table, names)
    return postgresql.insert(table).from_select(
        names, select(*(_value(given, table.c[name]) for name in names))
    )


@lru_cache
def _updated_one(table: Table) -> Executable:
    return update(table).where(table.c.pk == bindparam(_KEY))


@lru_cache
def _updated(table: Table, names: tuple[str, ...]) -> Executable:
    given = _given(table, names, column(_KEY, table.c.pk.type))
    values = {name: _value(given, table.c[name]) for name in names}
    return update(table).where(table.c.pk == given.c[_KEY]).values(values)


def _given(table: Table, names: Sequence[str], *more: ColumnElement[Any]) -> TableValuedAlias:
    columns = [column(name, Text if _is_sealed(table.c[name]) else table.c[name].type) for name in names]
    rows = func.json_to_recordset(cast(bindparam(_ROWS, type_=Text), JSON))
    return rows.table_valued(*more, *columns).render_derived(name="given", with_types=True)


def _value(given: TableValuedAlias, target: Column[Any]) -> ColumnElement[Any]:
    value = given.c[target.name]
    return func.decode(value, "hex") if _is_sealed(target) else value


def _is_sealed(target: Column[Any]) -> bool:
    """Tell whether a column holds bytes: JSON has them as hexadecimal text."""
    return isinstance(target.type, LargeBinary)
