"""What must hold of a ledger at any position, computed from its entries in two ways each."""

from enum import StrEnum
from typing import LiteralString, TypeVar

import msgspec

from queries.viewer import View

T = TypeVar("T")


class LedgerRule(StrEnum):
    """What is compared. The first two count entries; all others compare amounts."""

    ENTRIES_BALANCE = "entries-balance"
    """Entries whose postings do not sum to zero: there are none."""
    NOTHING_IS_NEGATIVE = "nothing-is-negative"
    """Entries after which something is below zero: there are none."""
    SOURCES_ARE_USES = "sources-are-uses"
    """What came out of the system's accounts is what owners have, have reserved and have spent."""
    AVAILABLE_ADDS_UP = "available-adds-up"
    """What was posted to `available` is what all owners' last entries say is there."""
    RESERVED_ADDS_UP = "reserved-adds-up"
    SPENT_ADDS_UP = "spent-adds-up"
    BALANCES_AGREE = "balances-agree"
    """What the balances say now is what the entries say. Only at the newest position."""


class Equation(msgspec.Struct, frozen=True):
    """One rule with both its sides: millicredits, or entries. It holds where they are the same."""

    rule: LedgerRule
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """Whether both sides are the same."""
        return self.left == self.right


class _Posted(msgspec.Struct, frozen=True):
    sources: int
    available: int
    reserved: int
    revenue: int


class _Flaws(msgspec.Struct, frozen=True):
    unbalanced: int
    negative: int


class _Balances(msgspec.Struct, frozen=True):
    available: int
    reserved: int
    spent: int


def equations(view: View, *, as_of: int, is_newest: bool) -> tuple[Equation, ...]:
    """Every rule at a position, over all owners that the view shows. Reads every entry up to it."""
    flaws = _one(
        view,
        _Flaws,
        """
        SELECT count(*) FILTER (WHERE (
                   SELECT coalesce(sum((p ->> 'millicredits')::numeric), 0)
                     FROM jsonb_array_elements(postings) AS p) <> 0) AS unbalanced,
               count(*) FILTER (WHERE available < 0 OR reserved < 0) AS negative
          FROM views.statement WHERE position <= %(as_of)s
        """,
        as_of=as_of,
    )
    posted = _one(
        view,
        _Posted,
        """
        SELECT coalesce(sum(-amount) FILTER (
                   WHERE account NOT IN ('available', 'reserved', 'revenue')
               ), 0)::bigint AS sources,
               coalesce(sum(amount) FILTER (WHERE account = 'available'), 0)::bigint AS available,
               coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0)::bigint AS reserved,
               coalesce(sum(amount) FILTER (WHERE account = 'revenue'), 0)::bigint AS revenue
          FROM (SELECT p ->> 'account' AS account, (p ->> 'millicredits')::numeric AS amount
                  FROM views.statement, jsonb_array_elements(postings) AS p
                 WHERE position <= %(as_of)s) AS posted
        """,
        as_of=as_of,
    )
    last = _one(
        view,
        _Balances,
        """
        SELECT coalesce(sum(available), 0)::bigint AS available,
               coalesce(sum(reserved), 0)::bigint AS reserved,
               coalesce(sum(spent), 0)::bigint AS spent
          FROM (SELECT DISTINCT ON (owner_id) available, reserved, spent
                  FROM views.statement WHERE position <= %(as_of)s
                 ORDER BY owner_id, position DESC) AS last
        """,
        as_of=as_of,
    )
    found = [
        Equation(LedgerRule.ENTRIES_BALANCE, flaws.unbalanced, 0),
        Equation(LedgerRule.NOTHING_IS_NEGATIVE, flaws.negative, 0),
        Equation(
            LedgerRule.SOURCES_ARE_USES,
            posted.sources,
            last.available + last.reserved + last.spent,
        ),
        Equation(LedgerRule.AVAILABLE_ADDS_UP, posted.available, last.available),
        Equation(LedgerRule.RESERVED_ADDS_UP, posted.reserved, last.reserved),
        Equation(LedgerRule.SPENT_ADDS_UP, posted.revenue, last.spent),
    ]
    if is_newest:
        found.append(_agreeing(view, last))
    return tuple(found)


def _agreeing(view: View, last: _Balances) -> Equation:
    now = _one(
        view,
        _Balances,
        """
        SELECT coalesce(sum(available), 0)::bigint AS available,
               coalesce(sum(reserved), 0)::bigint AS reserved,
               coalesce(sum(spent), 0)::bigint AS spent
          FROM views.balances
        """,
    )
    return Equation(
        LedgerRule.BALANCES_AGREE,
        now.available + now.reserved + now.spent,
        last.available + last.reserved + last.spent,
    )


def _one(view: View, kind: type[T], statement: LiteralString, **values: int) -> T:
    """The one row that sums always answer."""
    (row,) = view.many(kind, statement, values)
    return row
