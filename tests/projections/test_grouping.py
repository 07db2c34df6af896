"""Changes of many owners in few statements, each owner's in their order."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, LiteralString

from hypothesis import given
from hypothesis import strategies as st

from projections.grouping import Group, grouped
from projections.read_model import Change

STATEMENTS: tuple[LiteralString, ...] = ("INSERT job", "UPDATE job", "INSERT feed")
HISTORIES = st.lists(st.lists(st.sampled_from(STATEMENTS), max_size=12), max_size=6)


def changes_of(owner: int, statements: Iterable[LiteralString]) -> list[Change]:
    return [
        Change(statement, {"owner": owner, "number": number})
        for number, statement in enumerate(statements)
    ]


def by_owner(groups: Iterable[Group]) -> dict[int, list[tuple[LiteralString, int]]]:
    """What each owner sees, in the order in which it is run."""
    seen: dict[int, list[tuple[LiteralString, int]]] = defaultdict(list)
    for group in groups:
        for row in group.rows:
            seen[row["owner"]].append((group.statement, row["number"]))
    return seen


@given(HISTORIES)
def test_every_owners_changes_are_run_once_and_in_their_order(
    histories: list[list[LiteralString]],
) -> None:
    groups = list(grouped(changes_of(owner, one) for owner, one in enumerate(histories)))
    assert by_owner(groups) == {
        owner: [(statement, number) for number, statement in enumerate(one)]
        for owner, one in enumerate(histories)
        if one
    }


@given(HISTORIES)
def test_no_statement_runs_twice_for_one_owner_at_once(
    histories: list[list[LiteralString]],
) -> None:
    for group in grouped(changes_of(owner, one) for owner, one in enumerate(histories)):
        owners = [row["owner"] for row in group.rows]
        assert len(owners) == len(set(owners))


def test_equal_histories_share_every_statement() -> None:
    history: tuple[LiteralString, ...] = ("INSERT job", "INSERT feed", "UPDATE job", "INSERT feed")
    groups = list(grouped(changes_of(owner, history) for owner in range(50)))
    assert [group.statement for group in groups] == list(history)
    assert all(len(group.rows) == 50 for group in groups)


def test_a_change_of_many_rows_stays_together() -> None:
    rows: list[dict[str, Any]] = [{"owner": 1, "number": number} for number in range(3)]
    [group] = grouped([[Change("INSERT job", *rows)]])
    assert group.rows == rows
