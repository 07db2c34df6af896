"""Rows from and to the database: a few statements a table, however many rows there are.

Statements are put together from the names of tables and columns, which are code, and kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from psycopg import Cursor, sql
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format
from psycopg.rows import dict_row

from projections.rows import Rows, TableChanges
from projections.tables import FEED, Key, Row, Table, array_of


class _AsItStands(Loader):
    """Nested values are written back or copied, never looked into: their JSON is not parsed."""

    format = Format.BINARY

    def load(self, data: Buffer) -> msgspec.Raw:
        """Behind the version of the binary form, which is 1."""
        return msgspec.Raw(bytes(data)[1:])


def find_rows_by_key(cursor: Cursor[Any]) -> None:
    """Until the transaction ends, rows are found through the keys, whatever the planner believes.

    Statements are planned while tables are small or never looked at, and their plans are kept: one
    that reads all of a table would be as cheap then, and ruinous later.
    """
    cursor.execute(
        """
        SELECT set_config('enable_seqscan', 'off', true),
               set_config('enable_hashjoin', 'off', true),
               set_config('enable_mergejoin', 'off', true)
        """
    )


def load(cursor: Cursor[Any], rows: Rows, wanted: Mapping[Table, Iterable[Key]]) -> None:
    """Read the groups into `rows`, in one round trip."""
    connection = cursor.connection
    with connection.pipeline():
        asked = []
        for table, groups in wanted.items():
            found = connection.cursor(row_factory=dict_row, binary=True)
            found.adapters.register_loader("jsonb", _AsItStands)
            columns = list(zip(*groups, strict=True))
            found.execute(_select(table), [array_of(ids) for ids in columns])
            asked.append((table, found))
            for group in groups:
                rows.begin(table, group)
        for table, found in asked:
            with found:
                for row in found.fetchall():
                    rows.load(table, row)


def store(cursor: Cursor[Any], rows: Rows) -> None:
    """Write what has changed. Raises what the database says to a row."""
    for changes in rows.changes():
        if changes.deleted:
            cursor.execute(_delete(changes.table), [_json(changes.deleted)])
        for columns_of, together in _alike(changes.inserted):
            cursor.execute(_insert(changes.table, columns_of), [_json(together)])
        for columns_of, together in _alike(changes.counted):
            cursor.execute(_count(changes.table, columns_of), [_json(together)])
        if changes.updated:
            _update_all(cursor, changes)


def _update_all(cursor: Cursor[Any], changes: TableChanges) -> None:
    """One statement, and so one plan, for whatever has changed in any of the rows."""
    columns = set[str]().union(*(changed for _, changed in changes.updated))
    names = tuple(sorted(columns.difference(changes.table.key)))
    said = (*changes.table.key, *names)
    values = [{column: row[column] for column in said} for row, _ in changes.updated]
    cursor.execute(_update(changes.table, names), [_json(values)])


def _alike(rows: Sequence[Row]) -> Iterable[tuple[tuple[str, ...], list[Row]]]:
    """Rows that name the same columns, together."""
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        # In the order in which they are named, which is that of the handler that inserts.
        found[tuple(row)].append(row)
    yield from found.items()


def _json(rows: Sequence[Row]) -> str:
    return msgspec.json.encode(rows).decode()


@cache
def _select(table: Table) -> bytes:
    names = sql.SQL(", ").join(map(sql.Identifier, table.key[: table.together]))
    arrays = sql.SQL(", ").join([sql.SQL("%s::uuid[]")] * table.together)
    return _bytes(
        sql.SQL("SELECT t.* FROM {} AS t JOIN unnest({}) AS wanted ({}) USING ({})").format(
            sql.Identifier(table.name), arrays, names, names
        )
    )


@cache
def _insert(table: Table, columns: tuple[str, ...]) -> bytes:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL(
        "INSERT INTO {0} ({1}) SELECT {1} FROM json_populate_recordset(NULL::{0}, %s)"
    ).format(sql.Identifier(table.name), names)
    if table is FEED:
        # What was said before a read model was folded anew is not said again.
        statement += sql.SQL(" ON CONFLICT DO NOTHING")
    return _bytes(statement)


@cache
def _count(table: Table, columns: tuple[str, ...]) -> bytes:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    return _bytes(
        sql.SQL(
            "INSERT INTO {0} AS t ({1}) SELECT {1} FROM json_populate_recordset(NULL::{0}, %s)"
            " ON CONFLICT ({2}) DO UPDATE SET {3} = t.{3} + excluded.{3}"
        ).format(sql.Identifier(table.name), names, key, sql.Identifier(table.counter))
    )


@cache
def _update(table: Table, columns: tuple[str, ...]) -> bytes:
    values = [sql.SQL("{0} = c.{0}").format(sql.Identifier(column)) for column in columns]
    return _bytes(
        sql.SQL(
            "UPDATE {0} AS t SET {1} FROM json_populate_recordset(NULL::{0}, %s) AS c WHERE {2}"
        ).format(sql.Identifier(table.name), sql.SQL(", ").join(values), _same_key(table))
    )


@cache
def _delete(table: Table) -> bytes:
    return _bytes(
        sql.SQL(
            "DELETE FROM {0} AS t USING json_populate_recordset(NULL::{0}, %s) AS c WHERE {1}"
        ).format(sql.Identifier(table.name), _same_key(table))
    )


def _same_key(table: Table) -> sql.Composed:
    return sql.SQL(" AND ").join(
        sql.SQL("t.{0} = c.{0}").format(sql.Identifier(column)) for column in table.key
    )


def _bytes(statement: sql.Composed) -> bytes:
    return statement.as_bytes(None)
