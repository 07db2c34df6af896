"""The rows that a batch of facts reads and changes, in memory until all of the batch is folded.

A later fact finds what the ones before it left, and the database is told once, whatever an owner
went through in between.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from projections.tables import Key, Row, Table


class RowExists(Exception):
    """A row was to be inserted, and stands there already."""


class RowsNotRead(Exception):
    """A change looked for rows of a group that it had not named."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A row as it stands now; None where there is none any more.

    `changed`: columns that differ from the stored row. None where no row is stored.
    """

    row: Row | None
    changed: frozenset[str] | None


@dataclass(frozen=True)
class TableChanges:
    """What is to be written of one table: whole rows, changed columns, keys of rows that go."""

    table: Table
    inserted: list[Row]
    updated: list[tuple[Row, frozenset[str]]]
    deleted: list[Key]


_NOTHING: frozenset[str] = frozenset()


class Rows:
    """Rows by table, group and key. Reads what was loaded, or begun by an insert, and no more."""

    def __init__(self) -> None:
        self._groups: dict[Table, dict[Key, dict[Key, _Held]]] = defaultdict(dict)
        self._added: dict[Table, list[Row]] = defaultdict(list)
        self._undo: list[tuple[dict[Key, _Held], Key, _Held | None] | list[Row]] = []

    def begin(self, table: Table, group: Key) -> None:
        """The group is empty, unless it was begun or loaded before."""
        self._groups[table].setdefault(group, {})

    def load(self, table: Table, row: Row) -> None:
        """The database holds this row. Its group was begun."""
        key = tuple([row[column] for column in table.key])
        self._groups[table][table.group(key)][key] = _Held(row, _NOTHING)

    def get(self, table: Table, *key: Any) -> Row | None:
        """A row as it stands now, or None."""
        held = self._group(table, key).get(key)
        return None if held is None else held.row

    def keys(self, table: Table, *prefix: Any) -> list[Key]:
        """Which rows of a group there are now, of those whose keys begin like this."""
        length = len(prefix)
        return [
            key
            for key, held in self._group(table, prefix).items()
            if held.row is not None and key[:length] == prefix
        ]

    def insert(self, table: Table, row: Row) -> None:
        """A row that is not there yet. Raises `RowExists`."""
        key = tuple([row[column] for column in table.key])
        group = self._group(table, key)
        before = group.get(key)
        if before is not None and before.row is not None:
            raise RowExists(table.name)
        self._hold(table, group, key, before, row)

    def put(self, table: Table, row: Row) -> None:
        """A row, in the place of what is there. It names every column that a row has."""
        key = tuple([row[column] for column in table.key])
        group = self._group(table, key)
        self._hold(table, group, key, group.get(key), row)

    def change(self, table: Table, key: Key, values: Row) -> None:
        """Other values in a row that is there."""
        group = self._group(table, key)
        held = group[key]
        assert held.row is not None
        row = {**held.row, **values}
        changed = held.changed
        if table.derived:
            row |= {column: derive(row) for column, derive in table.derived.items()}
            values = {**values, **table.derived}
        if changed is not None:
            changed = changed.union(values)
        self._undo.append((group, key, held))
        group[key] = _Held(row, changed)

    def remove(self, table: Table, key: Key) -> None:
        """A row that is there goes."""
        group = self._group(table, key)
        held = group[key]
        self._undo.append((group, key, held))
        group[key] = _Held(None, held.changed)

    def add(self, table: Table, row: Row) -> None:
        """A row of a table of which nothing is ever read. That it is new, the database checks."""
        added = self._added[table]
        self._undo.append(added)
        added.append(row)

    def settle(self) -> None:
        """Whatever was done so far stays done."""
        self._undo.clear()

    def undo(self) -> None:
        """Take back what was done since `settle`."""
        for entry in reversed(self._undo):
            if isinstance(entry, list):
                entry.pop()
                continue
            group, key, before = entry
            if before is None:
                del group[key]
            else:
                group[key] = before
        self._undo.clear()

    def changes(self) -> Iterator[TableChanges]:
        """What is to be written, table by table."""
        for table, groups in self._groups.items():
            found = TableChanges(table, [], [], [])
            for group in groups.values():
                for key, held in group.items():
                    if held.changed is None:
                        if held.row is not None:
                            found.inserted.append(held.row)
                    elif held.row is None:
                        found.deleted.append(key)
                    elif held.changed:
                        found.updated.append((held.row, held.changed))
            yield found
        for table, added in self._added.items():
            yield TableChanges(table, added, [], [])

    def _group(self, table: Table, key: Key) -> dict[Key, _Held]:
        try:
            return self._groups[table][key[: table.together]]
        except KeyError:
            raise RowsNotRead(table.name) from None

    def _hold(
        self,
        table: Table,
        group: dict[Key, _Held],
        key: Key,
        before: _Held | None,
        row: Mapping[str, Any],
    ) -> None:
        if table.derived:
            row = {**row, **{column: derive(row) for column, derive in table.derived.items()}}
        stored = before is not None and before.changed is not None
        self._undo.append((group, key, before))
        group[key] = _Held(row, frozenset(row) if stored else None)
