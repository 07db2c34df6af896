"""What must hold of a ledger at any position, computed from its entries in two ways each.

A slice of entries at a time: both sides of a rule add up over slices, and it holds where the sums
are the same. So no question reads more than a slice, however long the ledger is.
"""

from enum import StrEnum
from typing import Final

import msgspec

from queries.viewer import View
from queries.wallet.ledger import newest_entry

SLICE_SIZE: Final = 2_000
"""Entries of one slice: some tens of milliseconds."""


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


class Sides(msgspec.Struct, frozen=True):
    """Both sides of one rule over a slice: millicredits, or entries."""

    rule: LedgerRule
    left: int
    right: int


class Slice(msgspec.Struct, frozen=True):
    """What entries of all visible owners come to, from behind one position up to another.

    `available`, `reserved` and `spent` are what they changed; `owners` are those whose first entry
    is among them. `sides` of the last slice leave out the rule that does not apply there.
    """

    up_to: int
    is_last: bool
    entries: int
    owners: int
    available: int
    reserved: int
    spent: int
    sides: tuple[Sides, ...]


class _Sums(msgspec.Struct, frozen=True):
    """`available` and its like are sums of changes, `last_…` of balances against those before."""

    up_to: int | None
    entries: int
    owners: int
    available: int
    reserved: int
    spent: int
    last_available: int
    last_reserved: int
    last_spent: int
    unbalanced: int
    negative: int
    sources: int
    posted_available: int
    posted_reserved: int
    posted_revenue: int


class _Total(msgspec.Struct, frozen=True):
    millicredits: int


def ledger_slice(view: View, *, until: int, after: int = 0, size: int = SLICE_SIZE) -> Slice:
    """The first `size` entries behind `after` and up to `until`, over all that the view shows."""
    (sums,) = view.many(_Sums, _SLICE, {"after": after, "until": until, "size": size})
    is_last = sums.entries < size
    last = sums.last_available + sums.last_reserved + sums.last_spent
    sides = [
        Sides(LedgerRule.ENTRIES_BALANCE, sums.unbalanced, 0),
        Sides(LedgerRule.NOTHING_IS_NEGATIVE, sums.negative, 0),
        Sides(LedgerRule.SOURCES_ARE_USES, sums.sources, last),
        Sides(LedgerRule.AVAILABLE_ADDS_UP, sums.posted_available, sums.last_available),
        Sides(LedgerRule.RESERVED_ADDS_UP, sums.posted_reserved, sums.last_reserved),
        Sides(LedgerRule.SPENT_ADDS_UP, sums.posted_revenue, sums.last_spent),
    ]
    newest = newest_entry(view)
    if not is_last:
        # Its other side is in the last slice, if that is at the newest position.
        sides.append(Sides(LedgerRule.BALANCES_AGREE, 0, last))
    elif newest is None or until >= newest.position:
        sides.append(Sides(LedgerRule.BALANCES_AGREE, _in_balances(view), last))
    return Slice(
        up_to=until if is_last or sums.up_to is None else sums.up_to,
        is_last=is_last,
        entries=sums.entries,
        owners=sums.owners,
        available=sums.available,
        reserved=sums.reserved,
        spent=sums.spent,
        sides=tuple(sides),
    )


def _in_balances(view: View) -> int:
    (total,) = view.many(
        _Total,
        "SELECT coalesce(sum(available + reserved + spent), 0)::bigint AS millicredits "
        "FROM views.balances",
        {},
    )
    return total.millicredits


# What an entry says is there, less what its owner's entry before it says: summed up from the first
# on, that is what the last entries say.
_SLICE: Final = """
WITH slice AS MATERIALIZED (
    SELECT owner_id, position, postings, available, reserved, spent,
           available_change, reserved_change, spent_change
      FROM views.statement
     WHERE position > %(after)s AND position <= %(until)s
     ORDER BY position LIMIT %(size)s
), entry AS (
    SELECT s.*, b.position IS NULL AS is_first,
           s.available - coalesce(b.available, 0) AS on_available,
           s.reserved - coalesce(b.reserved, 0) AS on_reserved,
           s.spent - coalesce(b.spent, 0) AS on_spent,
           p.*
      FROM slice AS s
      LEFT JOIN LATERAL (
           SELECT position, available, reserved, spent FROM views.statement AS b
            WHERE b.owner_id = s.owner_id AND b.position < s.position
            ORDER BY b.position DESC LIMIT 1
           ) AS b ON true
      CROSS JOIN LATERAL (
           SELECT coalesce(sum(amount), 0) AS posted,
                  coalesce(sum(-amount) FILTER (
                      WHERE account NOT IN ('available', 'reserved', 'revenue')), 0) AS sources,
                  coalesce(sum(amount) FILTER (WHERE account = 'available'), 0) AS to_available,
                  coalesce(sum(amount) FILTER (WHERE account = 'reserved'), 0) AS to_reserved,
                  coalesce(sum(amount) FILTER (WHERE account = 'revenue'), 0) AS to_revenue
             FROM (SELECT e ->> 'account' AS account, (e ->> 'millicredits')::numeric AS amount
                     FROM jsonb_array_elements(s.postings) AS e) AS posting
           ) AS p
)
SELECT max(position) AS up_to, count(*) AS entries,
       count(*) FILTER (WHERE is_first) AS owners,
       coalesce(sum(available_change), 0)::bigint AS available,
       coalesce(sum(reserved_change), 0)::bigint AS reserved,
       coalesce(sum(spent_change), 0)::bigint AS spent,
       coalesce(sum(on_available), 0)::bigint AS last_available,
       coalesce(sum(on_reserved), 0)::bigint AS last_reserved,
       coalesce(sum(on_spent), 0)::bigint AS last_spent,
       count(*) FILTER (WHERE posted <> 0) AS unbalanced,
       count(*) FILTER (WHERE available < 0 OR reserved < 0) AS negative,
       coalesce(sum(sources), 0)::bigint AS sources,
       coalesce(sum(to_available), 0)::bigint AS posted_available,
       coalesce(sum(to_reserved), 0)::bigint AS posted_reserved,
       coalesce(sum(to_revenue), 0)::bigint AS posted_revenue
  FROM entry
"""
