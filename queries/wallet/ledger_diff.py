"""Whose balances changed between two positions, from what to what: the auditor's question."""

from typing import Final
from uuid import UUID

import msgspec

from queries.viewer import View
from queries.wallet.ledger import BEFORE_ALL, OWNERS, OWNERS_EXAMINED, Examined, page_of_owners

ENTRIES_COUNTED_MAX: Final = 1_000


class Held(msgspec.Struct, frozen=True):
    """What an owner had; all zero before their first entry."""

    available: int
    reserved: int
    spent: int


class LedgerChange(msgspec.Struct, frozen=True):
    """What one owner had and has. `entries` lie between; `ENTRIES_COUNTED_MAX` are that or more."""

    owner_id: UUID
    entries: int
    before: Held
    now: Held


class LedgerDiff(msgspec.Struct, frozen=True):
    """Owners with entries between two positions, in their order. `more_behind`: see `Accounts`."""

    changes: tuple[LedgerChange, ...]
    more_behind: UUID | None


class _LookedAt(msgspec.Struct, frozen=True):
    owner_id: UUID
    entries: int
    before: Held
    now: Held | None


def ledger_diff(
    view: View,
    *,
    since: int,
    until: int,
    first: int,
    after: UUID = BEFORE_ALL,
    examined: int = OWNERS_EXAMINED,
) -> LedgerDiff:
    """Those whose last entry up to `until` lies behind `since`. Bounded as `accounts_at` is."""
    rows = view.many(
        _LookedAt,
        OWNERS
        + """
        SELECT o.owner_id, coalesce(counted.entries, 0) AS entries,
               jsonb_build_object(
                   'available', coalesce(before.available, 0),
                   'reserved', coalesce(before.reserved, 0),
                   'spent', coalesce(before.spent, 0)) AS before,
               CASE WHEN now.position IS NOT NULL THEN jsonb_build_object(
                   'available', now.available, 'reserved', now.reserved, 'spent', now.spent
               ) END AS now
          FROM owners AS o
          LEFT JOIN LATERAL (
               SELECT available, reserved, spent, position FROM views.statement
                WHERE owner_id = o.owner_id AND position > %(since)s AND position <= %(until)s
                ORDER BY position DESC LIMIT 1
               ) AS now ON true
          LEFT JOIN LATERAL (
               SELECT available, reserved, spent FROM views.statement
                WHERE now.position IS NOT NULL
                  AND owner_id = o.owner_id AND position <= %(since)s
                ORDER BY position DESC LIMIT 1
               ) AS before ON true
          LEFT JOIN LATERAL (
               SELECT count(*) AS entries FROM (
                   SELECT FROM views.statement
                    WHERE now.position IS NOT NULL
                      AND owner_id = o.owner_id AND position > %(since)s AND position <= %(until)s
                    LIMIT %(counted)s
                   ) AS between_them
               ) AS counted ON true
         WHERE o.owner_id IS NOT NULL
         ORDER BY o.owner_id
        """,
        {
            "since": since,
            "until": until,
            "after": after,
            "examined": examined,
            "counted": ENTRIES_COUNTED_MAX,
        },
    )
    changed = tuple(
        LedgerChange(row.owner_id, row.entries, row.before, row.now)
        for row in rows
        if row.now is not None
    )
    looked_at = Examined(rows[-1].owner_id if len(rows) == examined else None)
    return LedgerDiff(*page_of_owners(changed, looked_at, first, of=lambda one: one.owner_id))
