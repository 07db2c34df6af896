"""The rows that a batch of facts reads and changes, in memory until all of the batch is folded.

A later fact finds what the ones before it left, and the database is told once, whatever an owner
went through in between.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from projections.tables import Key, Row, Table, key_of


class RowExists(Exception):
    """A row was to be inserted, and stands there already."""


class RowsNotRead(Exception):
    """A change looked for rows of a group that it had not named."""


class _Held:
    """A row as it stands now; None where there is none, or none any more.

    `changed`: columns that differ from the stored row. None where no row is stored.
    """

    __slots__ = ("changed", "row", "stored")

    def __init__(self, row: Row | None, changed: frozenset[str] | None) -> None:
        self.row = row
        self.changed = changed
        self.stored = row


class _Counted:
    """A row of a table that is counted in, and by how much it has to change."""

    __slots__ = ("by", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.by = 0


@dataclass(frozen=True)
class TableChanges:
    """What is to be written of one table: whole rows, changed columns, keys of rows that go.

    `counted` are rows whose counter is to be added to that of the row that is there, if any.
    """

    table: Table
    inserted: list[Row]
    updated: list[tuple[Row, frozenset[str]]]
    deleted: list[Row]
    counted: list[Row] = field(default_factory=list)


_NOTHING: frozenset[str] = frozenset()


class Rows:
    """Rows by table and key. Reads what was loaded, or begun by an insert, and no more."""

    def __init__(self) -> None:
        self._held: dict[Table, dict[Key, _Held]] = defaultdict(dict)
        self._groups: dict[Table, dict[Key, list[Key]]] = defaultdict(dict)
        self._added: dict[Table, list[Row]] = defaultdict(list)
        self._counted: dict[Table, dict[Key, _Counted]] = defaultdict(dict)
        self._undo: list[
            tuple[_Held, Row | None, frozenset[str] | None] | tuple[_Counted, int] | list[Row]
        ] = []

    def begin(self, table: Table, group: Key) -> None:
        """The group is empty, unless it was begun or loaded before."""
        self._groups[table].setdefault(group, [])

    def load(self, table: Table, row: Row) -> None:
        """The database holds this row. Its group was begun."""
        key = key_of([row[column] for column in table.key])
        self._held[table][key] = _Held(row, _NOTHING)
        self._groups[table][table.group(key)].append(key)

    def get(self, table: Table, key: Key) -> Row | None:
        """A row as it stands now, or None."""
        held = self._held[table].get(key)
        if held is None:
            self._group(table, key)
            return None
        return held.row

    def keys(self, table: Table, prefix: Key) -> list[Key]:
        """Which rows of a group there are now, of those whose keys begin like this."""
        held, length = self._held[table], len(prefix)
        return [
            key
            for key in self._group(table, prefix)
            if held[key].row is not None and key[:length] == prefix
        ]

    def insert(self, table: Table, key: Key, row: Row) -> None:
        """A row that is not there yet, under its key. Raises `RowExists`."""
        held = self._place(table, key)
        if held.row is not None:
            raise RowExists(table.name)
        self._put(table, held, row)

    def put(self, table: Table, key: Key, row: Row) -> None:
        """A row, in the place of what is there. It names every column that a row has."""
        self._put(table, self._place(table, key), row)

    def change(self, table: Table, key: Key, values: Row) -> None:
        """Other values in a row that is there."""
        held = self._held[table][key]
        assert held.row is not None
        row = {**held.row, **values}
        self._undo.append((held, held.row, held.changed))
        if table.derived:
            row |= {column: derive(row) for column, derive in table.derived.items()}
        held.row = row
        if held.changed is not None:
            held.changed = held.changed.union(values, table.derived)

    def remove(self, table: Table, key: Key) -> None:
        """A row that is there goes."""
        held = self._held[table][key]
        self._undo.append((held, held.row, held.changed))
        held.row = None

    def add(self, table: Table, row: Row) -> None:
        """A row of a table of which nothing is ever read. That it is new, the database checks."""
        added = self._added[table]
        self._undo.append(added)
        added.append(row)

    def count(self, table: Table, row: Row, by: int) -> None:
        """Add to the counter of a row, which is made where there is none. Nothing is read."""
        key = key_of([row[column] for column in table.key])
        counted = self._counted[table].get(key)
        if counted is None:
            counted = self._counted[table][key] = _Counted(row)
        self._undo.append((counted, by))
        counted.by += by

    def settle(self) -> None:
        """Whatever was done so far stays done."""
        self._undo.clear()

    def undo(self) -> None:
        """Take back what was done since `settle`."""
        for entry in reversed(self._undo):
            if isinstance(entry, list):
                entry.pop()
            elif len(entry) == 2:
                counted, by = entry
                counted.by -= by
            else:
                held, row, changed = entry
                held.row, held.changed = row, changed
        self._undo.clear()

    def changes(self) -> Iterator[TableChanges]:
        """What is to be written, table by table."""
        for table, held_by_key in self._held.items():
            found = TableChanges(table, [], [], [])
            for held in held_by_key.values():
                if held.changed is None:
                    if held.row is not None:
                        found.inserted.append(held.row)
                elif held.row is None:
                    if held.stored is not None:
                        found.deleted.append({c: held.stored[c] for c in table.key})
                elif held.changed:
                    found.updated.append((held.row, held.changed))
            yield found
        for table, added in self._added.items():
            yield TableChanges(table, added, [], [])
        for table, counts in self._counted.items():
            counted: list[Row] = [
                {**one.row, table.counter: one.by} for one in counts.values() if one.by
            ]
            yield TableChanges(table, [], [], [], counted)

    def _group(self, table: Table, key: Key) -> list[Key]:
        try:
            return self._groups[table][key[: table.together]]
        except KeyError:
            raise RowsNotRead(table.name) from None

    def _place(self, table: Table, key: Key) -> _Held:
        held = self._held[table].get(key)
        if held is None:
            self._group(table, key).append(key)
            held = self._held[table][key] = _Held(None, None)
        return held

    def _put(self, table: Table, held: _Held, row: Row) -> None:
        self._undo.append((held, held.row, held.changed))
        if table.derived:
            row = {**row, **{column: derive(row) for column, derive in table.derived.items()}}
        held.row = row
        if held.changed is not None:
            held.changed = frozenset(row)
