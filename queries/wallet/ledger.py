"""What did everybody have at a position: the auditor's question.

The row policy shows the auditor's role the amounts of all owners, and anybody else their own.
"""

from uuid import UUID

import msgspec

from queries.paging import page_size
from queries.viewer import View

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
    accounts: tuple[LedgerAccount, ...]


class _Sums(msgspec.Struct, frozen=True):
    available: int
    reserved: int
    spent: int
    entries: int


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
               count(*) AS entries
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
    found = sums or _Sums(0, 0, 0, 0)
    return Ledger(
        as_of, found.available, found.reserved, found.spent, found.entries, tuple(accounts)
    )


def all_balances(view: View) -> list[LedgerAccount]:
    """The balance read model of all visible owners, to be compared with computed balances."""
    return view.many(
        LedgerAccount,
        "SELECT owner_id, available, reserved, spent, position FROM views.balances",
    )
