"""What did everybody have at a position: the auditor's question.

The row policy shows the auditor's role the amounts of all owners, and anybody else their own.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View
from queries.wallet.statement import StatementEntry

BEFORE_ALL = UUID(int=0)


class LedgerAccount(msgspec.Struct, frozen=True):
    """One owner's balances after the last entry up to the position asked for."""

    owner_id: UUID
    available: int
    reserved: int
    spent: int
    position: int


class Ledger(msgspec.Struct, frozen=True):
    """All balances as of a position, and their sums."""

    as_of: int
    available: int
    reserved: int
    spent: int
    entries: int
    owners: int
    accounts: tuple[LedgerAccount, ...]


class LedgerPlace(msgspec.Struct, frozen=True):
    """An entry's position, and when it was recorded."""

    position: int
    recorded_at: datetime


class _Sums(msgspec.Struct, frozen=True):
    available: int
    reserved: int
    spent: int
    entries: int
    owners: int


def newest_entry(view: View, *, until: datetime | None = None) -> LedgerPlace | None:
    """The last entry of all, or the last that was recorded until a moment; None before the first.

    Positions and times of the log rise together.
    """
    return view.one(
        LedgerPlace,
        """
        SELECT position, recorded_at FROM views.statement
         WHERE recorded_at <= coalesce(%(until)s, 'infinity'::timestamptz)
         ORDER BY position DESC LIMIT 1
        """,
        {"until": until},
    )


def entry_before(view: View, position: int) -> LedgerPlace | None:
    """The last entry that stands at a position or before it."""
    return view.one(
        LedgerPlace,
        """
        SELECT position, recorded_at FROM views.statement
         WHERE position <= %(position)s ORDER BY position DESC LIMIT 1
        """,
        {"position": position},
    )


def ledger(view: View, *, as_of: int, first: int, after: UUID = BEFORE_ALL) -> Ledger:
    """Sums over all visible owners, and their balances in order of owner from behind `after`.

    Recomputed from the entries, not read from the balances, so the two can be compared.
    """
    sums = view.one(
        _Sums,
        """
        SELECT coalesce(sum(available_change), 0)::bigint AS available,
               coalesce(sum(reserved_change), 0)::bigint AS reserved,
               coalesce(sum(spent_change), 0)::bigint AS spent,
               count(*) AS entries, count(DISTINCT owner_id) AS owners
          FROM views.statement WHERE position <= %(as_of)s
        """,
        {"as_of": as_of},
    )
    accounts = view.many(
        LedgerAccount,
        """
        SELECT DISTINCT ON (owner_id) owner_id, available, reserved, spent, position
          FROM views.statement WHERE position <= %(as_of)s AND owner_id > %(after)s
         ORDER BY owner_id, position DESC LIMIT %(limit)s
        """,
        {"as_of": as_of, "after": after, "limit": page_size(first)},
    )
    found = sums or _Sums(0, 0, 0, 0, 0)
    return Ledger(
        as_of,
        found.available,
        found.reserved,
        found.spent,
        found.entries,
        found.owners,
        tuple(accounts),
    )


def entries_of(
    view: View, owner_id: UUID, *, as_of: int, first: int, after: Place = NEWEST
) -> Page[StatementEntry]:
    """One owner's entries up to a position, newest first. None where the view shows none."""
    rows = view.many(
        StatementEntry,
        """
        SELECT * FROM views.statement
         WHERE owner_id = %(owner)s AND position <= %(as_of)s AND position < %(position)s
         ORDER BY position DESC LIMIT %(limit)s
        """,
        {
            "owner": owner_id,
            "as_of": as_of,
            "position": after.position,
            "limit": page_size(first) + 1,
        },
    )
    return page_of(rows, first, lambda entry: entry.place)


def all_balances(view: View) -> list[LedgerAccount]:
    """The balance read model of all visible owners, to be compared with computed balances."""
    return view.many(
        LedgerAccount,
        "SELECT owner_id, available, reserved, spent, position FROM views.balances",
    )
