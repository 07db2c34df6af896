"""The shape of every read model: handlers that turn one event into changes of rows."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from domain.kernel.aggregate import Aggregate
from projections.rows import Rows
from projections.tables import Key, Row, Table, key_of
from topics.messages.fact import Fact

E = TypeVar("E", bound=Aggregate.Event)

Group: TypeAlias = tuple[Table, Key]


class Change:
    """What happens to rows that are in memory, and the groups of rows that it looks at.

    `begins`: groups that it may find empty, because it inserts their first row. Touches nothing but
    what belongs to the fact's owner.
    """

    __slots__ = ("begins", "make", "reads")

    def __init__(
        self,
        make: Callable[[Rows], None],
        *,
        reads: Iterable[Group] = (),
        begins: Iterable[Group] = (),
    ) -> None:
        self.make = make
        self.reads = reads
        self.begins = begins


def inserted(table: Table, fact: Fact, /, **values: Any) -> Change:
    """A new row of the fact's owner. Names every column that has no default in the database, and
    every one that is read before the row is stored."""
    key, row = _row(table, fact, values)

    def make(rows: Rows) -> None:
        rows.insert(table, key, row)

    groups = ((table, table.group(key)),)
    return Change(make, begins=groups) if table.begun_by_insert else Change(make, reads=groups)


def replaced(table: Table, fact: Fact, /, **values: Any) -> Change:
    """As `inserted`, but whatever stands there gives way."""
    key, row = _row(table, fact, values)

    def make(rows: Rows) -> None:
        rows.put(table, key, row)

    return Change(make, reads=((table, table.group(key)),))


def added(table: Table, fact: Fact, /, **values: Any) -> Change:
    """A row of a table of which nothing is ever read or changed."""
    row = {"owner_id": fact.owner_id, **values, "position": fact.position}

    def make(rows: Rows) -> None:
        rows.add(table, row)

    return Change(make)


def updated(
    table: Table, fact: Fact, /, where: Callable[[Row], bool] | None = None, **values: Any
) -> Change:
    """Other values in rows of the fact's owner: in all whose keys begin with the named columns.

    A value may be a function of the row as it stands. No such row, no change.
    """
    key = _key(table, fact, values)
    values["position"] = fact.position
    computed = [column for column, value in values.items() if callable(value)]

    def make(rows: Rows) -> None:
        whole = len(key) == len(table.key)
        for one in (key,) if whole else rows.keys(table, key):
            row = rows.get(table, one)
            if row is None or (where is not None and not where(row)):
                continue
            if computed:
                now = {column: values[column](row) for column in computed}
                rows.change(table, one, {**values, **now})
            else:
                rows.change(table, one, values)

    return Change(make, reads=((table, table.group(key)),))


def deleted(table: Table, fact: Fact, /, **values: Any) -> Change:
    """The rows of the fact's owner whose keys begin with the named columns go."""
    key = _key(table, fact, values)

    def make(rows: Rows) -> None:
        for one in rows.keys(table, key):
            rows.remove(table, one)

    return Change(make, reads=((table, table.group(key)),))


def _row(table: Table, fact: Fact, values: dict[str, Any]) -> tuple[Key, Row]:
    row = {"owner_id": fact.owner_id, **values, "position": fact.position}
    return key_of([row[column] for column in table.key]), row


def _key(table: Table, fact: Fact, values: dict[str, Any]) -> Key:
    """Takes the columns of the key out of the values."""
    key = [fact.owner_id]
    for column in table.key[1:]:
        if column not in values:
            break
        key.append(values.pop(column))
    return key_of(key)


Handler = Callable[[E, Fact], Iterable[Change]]


class ReadModel:
    """A named fold. Handlers are pure: equal event and fact, equal changes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._handlers: dict[type[Aggregate.Event], Handler[Any]] = {}

    def on(self, event_class: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Register the handler of one event class. One handler per class."""

        def register(handler: Handler[E]) -> Handler[E]:
            self._handlers[event_class] = handler
            return handler

        return register

    @property
    def event_types(self) -> tuple[str, ...]:
        """Stored names of the events this read model folds, sorted."""
        return tuple(sorted(cls.TOPIC for cls in self._handlers))

    def apply(self, event: Aggregate.Event, fact: Fact) -> Iterable[Change]:
        """The changes that one event makes; none for events this read model does not know."""
        handler = self._handlers.get(type(event))
        return handler(event, fact) if handler is not None else ()
