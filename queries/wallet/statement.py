"""Where did it go: every event that moved my credits, with the balances right after it."""

from datetime import datetime
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View


class Posting(msgspec.Struct, frozen=True):
    """One side of an entry. The postings of an entry sum to zero."""

    account: str
    millicredits: int


class StatementEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `entry` is the stored name of its event, such as `wallet.reserved`."""

    owner_id: UUID
    position: int
    entry: str
    available_change: int
    reserved_change: int
    spent_change: int
    available: int
    reserved: int
    spent: int
    job_id: UUID | None
    purchase_id: UUID | None
    postings: tuple[Posting, ...]
    recorded_at: datetime

    @property
    def place(self) -> Place:
        """Its cursor."""
        return Place(self.position, self.owner_id)


def statement(view: View, *, first: int, after: Place = NEWEST) -> Page[StatementEntry]:
    """The viewer's entries, newest first, from behind `after`."""
    rows = view.many(
        StatementEntry,
        """
        SELECT * FROM views.statement
         WHERE owner_id = %(viewer)s AND position < %(position)s
         ORDER BY position DESC LIMIT %(limit)s
        """,
        {"viewer": view.viewer_id, "position": after.position, "limit": page_size(first) + 1},
    )
    return page_of(rows, first, lambda entry: entry.place)
