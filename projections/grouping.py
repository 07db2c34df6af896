"""Which changes of a batch run in one statement: equal ones of different owners."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, LiteralString, NamedTuple

from projections.read_model import Change


class Group(NamedTuple):
    """A statement and the rows of all the changes that share it."""

    statement: LiteralString
    rows: list[Mapping[str, Any]]


def grouped(changes_of_owners: Iterable[Iterable[Change]]) -> Iterator[Group]:
    """Every change once, in few statements. `changes_of_owners`: the changes of each owner.

    The changes of one owner keep their order and never share a statement, so that each sees what
    the ones before it did. Owners share no rows, so that their order among each other is free: the
    statement that most of them want next comes next.
    """
    wanted: dict[LiteralString, list[deque[Change]]] = defaultdict(list)

    def wait_for_next(changes: deque[Change]) -> None:
        if changes:
            wanted[changes[0].statement].append(changes)

    for changes in changes_of_owners:
        wait_for_next(deque(changes))
    while wanted:
        statement = max(wanted, key=lambda one: len(wanted[one]))
        owners = wanted.pop(statement)
        yield Group(statement, [row for changes in owners for row in changes.popleft().rows])
        for changes in owners:
            wait_for_next(changes)
