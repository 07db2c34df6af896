"""What did everybody have at a position: the auditor's question.

The row policy shows the auditor's role the amounts of all owners, and anybody else their own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, LiteralString, TypeVar
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View
from queries.wallet.statement import StatementEntry

BEFORE_ALL = UUID(int=0)

OWNERS_EXAMINED: Final = 500
"""Of all owners, so many are looked at for one page: where few of them had anything, a page is
short, and says that it goes on.
"""

T = TypeVar("T")


class Examined(msgspec.Struct, frozen=True):
    """Owners that were looked at for a page: the last of them, unless they were all there are."""

    unfinished_at: UUID | None


# From one owner to the next by the key, passing over their entries.
OWNERS: LiteralString = """
WITH RECURSIVE owners AS (
    (SELECT owner_id, 1 AS nth FROM views.statement
      WHERE owner_id > %(after)s ORDER BY owner_id LIMIT 1)
    UNION ALL
    SELECT (SELECT n.owner_id FROM views.statement AS n
             WHERE n.owner_id > o.owner_id ORDER BY n.owner_id LIMIT 1), o.nth + 1
      FROM owners AS o WHERE o.owner_id IS NOT NULL AND o.nth < %(examined)s
)
"""


class LedgerAccount(msgspec.Struct, frozen=True):
    """One owner's balances after the last entry up to the position asked for."""

    owner_id: UUID
    available: int
    reserved: int
    spent: int
    position: int


class Accounts(msgspec.Struct, frozen=True):
    """Balances of some owners, in order of owner. `more_behind` is the owner behind whom the next
    page begins, None where there is none.
    """

    accounts: tuple[LedgerAccount, ...]
    more_behind: UUID | None


class LedgerPlace(msgspec.Struct, frozen=True):
    """An entry's position, and when it was recorded."""

    position: int
    recorded_at: datetime


class _LookedAt(msgspec.Struct, frozen=True):
    """One owner, and their balances where they had an entry by then."""

    owner_id: UUID
    available: int | None
    reserved: int | None
    spent: int | None
    position: int | None


def newest_entry(view: View, *, until: datetime | None = None) -> LedgerPlace | None:
    """The last entry of all, or the last that was recorded until a moment; None before the first.

    Positions and times of the log rise together.
    """
    return view.one(
        LedgerPlace,
        """
        SELECT position, recorded_at FROM views.statement
         WHERE recorded_at <= coalesce(%(until)s, 'infinity'::timestamptz)
         ORDER BY recorded_at DESC, position DESC LIMIT 1
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


def accounts_at(
    view: View,
    *,
    as_of: int,
    first: int,
    after: UUID = BEFORE_ALL,
    examined: int = OWNERS_EXAMINED,
) -> Accounts:
    """Balances at a position, computed from the entries, not read from the balances: so the two can
    be compared. Looks at one entry of each owner, and at so many owners at most.
    """
    rows = view.many(
        _LookedAt,
        OWNERS
        + """
        SELECT o.owner_id, s.available, s.reserved, s.spent, s.position
          FROM owners AS o
          LEFT JOIN LATERAL (
               SELECT available, reserved, spent, position FROM views.statement
                WHERE owner_id = o.owner_id AND position <= %(as_of)s
                ORDER BY position DESC LIMIT 1
               ) AS s ON true
         WHERE o.owner_id IS NOT NULL
         ORDER BY o.owner_id
        """,
        {"as_of": as_of, "after": after, "examined": examined},
    )
    found = [row for row in rows if row.position is not None]
    shown = tuple(msgspec.convert(row, LedgerAccount, from_attributes=True) for row in found)
    looked_at = Examined(rows[-1].owner_id if len(rows) == examined else None)
    return Accounts(*page_of_owners(shown, looked_at, first, of=lambda one: one.owner_id))


def page_of_owners(
    found: tuple[T, ...], examined: Examined, first: int, *, of: Callable[[T], UUID]
) -> tuple[tuple[T, ...], UUID | None]:
    """The first of what was found among examined owners, and behind whom more may be."""
    size = page_size(first)
    if len(found) > size:
        return found[:size], of(found[size - 1])
    return found, examined.unfinished_at


def entries_of(
    view: View, owner_id: UUID, *, as_of: int, first: int, after: Place = NEWEST, since: int = 0
) -> Page[StatementEntry]:
    """One owner's entries behind a position up to another, newest first. None where the view shows
    none.
    """
    rows = view.many(
        StatementEntry,
        """
        SELECT * FROM views.statement
         WHERE owner_id = %(owner)s AND position > %(since)s
           AND position <= %(as_of)s AND position < %(position)s
         ORDER BY position DESC LIMIT %(limit)s
        """,
        {
            "owner": owner_id,
            "since": since,
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
