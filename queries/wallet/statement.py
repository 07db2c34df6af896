"""Where did it go: every event that moved my credits, with the balances right after it."""

from datetime import datetime
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View


class EntriesAbout(StrEnum):
    """Which entries a list shows."""

    ALL = "all"
    JOBS = "jobs"
    """What jobs held, took and gave back."""
    CREDITS = "credits"
    """What was bought, given, and ran out."""


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


_NEWEST_FIRST: LiteralString = "ORDER BY position DESC LIMIT %(limit)s"
_OF_VIEWER: LiteralString = """
SELECT * FROM views.statement WHERE owner_id = %(viewer)s AND position < %(position)s
"""
_STATEMENTS: dict[EntriesAbout, LiteralString] = {
    EntriesAbout.ALL: f"{_OF_VIEWER} {_NEWEST_FIRST}",
    EntriesAbout.JOBS: f"{_OF_VIEWER} AND job_id IS NOT NULL {_NEWEST_FIRST}",
    EntriesAbout.CREDITS: f"{_OF_VIEWER} AND job_id IS NULL {_NEWEST_FIRST}",
}


def statement(
    view: View, *, first: int, after: Place = NEWEST, about: EntriesAbout = EntriesAbout.ALL
) -> Page[StatementEntry]:
    """The viewer's entries, newest first, from behind `after`; `about` jobs or all else alone."""
    rows = view.many(
        StatementEntry,
        _STATEMENTS[about],
        {"viewer": view.viewer_id, "position": after.position, "limit": page_size(first) + 1},
    )
    return page_of(rows, first, lambda entry: entry.place)
