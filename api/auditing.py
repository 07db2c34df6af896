"""What an auditor may ask: amounts of everybody, at any position, and nothing else of theirs."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from api.answering import answering
from api.context import StudioContext
from api.reading import read
from api.refusals import InputInvalid, result_union
from api.scalars import Cursor, PageSize, Position
from api.staff import require_role
from api.types.ledger import (
    Ledger,
    LedgerDiff,
    LedgerEntry,
    LedgerSlice,
    ledger,
    ledger_diff,
    ledger_entry,
    ledger_slice,
)
from api.types.paging import DEFAULT_PAGE, Connection, connection, place_after
from domain.kernel.role import Role
from queries.feed.era import in_log
from queries.viewer import View
from queries.wallet.equations import ledger_slice as slice_rows
from queries.wallet.ledger import BEFORE_ALL, accounts_at, entries_of, entry_before, newest_entry
from queries.wallet.ledger_diff import ledger_diff as diff_rows

Info = strawberry.Info[StudioContext, None]

LedgerResult = result_union("LedgerResult", Ledger)
LedgerSliceResult = result_union("LedgerSliceResult", LedgerSlice)
LedgerDiffResult = result_union("LedgerDiffResult", LedgerDiff)


@strawberry.type(description="The entries of one owner, newest first.")
class LedgerEntries:
    owner: UUID
    entries: Connection[LedgerEntry]


LedgerEntriesResult = result_union("LedgerEntriesResult", LedgerEntries)


@strawberry.type
class AuditorQuestions:
    """Fields of the root. For anybody else than an auditor there is nothing here."""

    @strawberry.field(
        description="Balances of all owners as of a position, or a moment, or now, in order of "
        "owner from behind `after`. For the auditor's role; for anybody else there is nothing "
        "here.",
    )
    @answering(LedgerResult)
    async def ledger(
        self,
        info: Info,
        as_of: Position | None = None,
        at: datetime | None = None,
        first: PageSize = DEFAULT_PAGE,
        after: UUID | None = None,
    ) -> Any:
        await require_role(info.context, Role.AUDITOR)
        if as_of is not None and at is not None:
            raise InputInvalid("at", "Ask for a position or for a moment.")
        if at is not None and at.tzinfo is None:
            raise InputInvalid("at", "A moment names its offset from UTC.")
        position = None if as_of is None else in_log(as_of)

        def question(view: View) -> Ledger:
            newest = newest_entry(view)
            last = newest_entry(view, until=at) if position is None else None
            as_of = position if position is not None else last.position if last else 0
            return ledger(
                accounts_at(view, as_of=as_of, first=first, after=after or BEFORE_ALL),
                as_of=as_of,
                at=entry_before(view, as_of),
                newest=newest,
            )

        return await read(info.context, question)

    @strawberry.field(
        description="What all owners' entries behind `after` and up to `until` come to, a slice at "
        "a time, and what must be equal of them. For the auditor's role; for anybody else there is "
        "nothing here.",
    )
    @answering(LedgerSliceResult)
    async def ledger_slice(self, info: Info, until: Position, after: Position | None = None) -> Any:
        await require_role(info.context, Role.AUDITOR)
        end, begin = in_log(until), in_log(after or 0)

        def question(view: View) -> LedgerSlice:
            return ledger_slice(slice_rows(view, until=end, after=begin))

        return await read(info.context, question)

    @strawberry.field(
        description="Whose balances changed behind `since` and up to `until`, in order of owner "
        "from behind `after`. A page may be short where few have changed. For the auditor's role; "
        "for anybody else there is nothing here.",
    )
    @answering(LedgerDiffResult)
    async def ledger_diff(
        self,
        info: Info,
        since: Position,
        until: Position,
        first: PageSize = DEFAULT_PAGE,
        after: UUID | None = None,
    ) -> Any:
        await require_role(info.context, Role.AUDITOR)
        begin, end = in_log(since), in_log(until)
        if begin > end:
            raise InputInvalid("since", "The first position lies behind the second.")

        def question(view: View) -> LedgerDiff:
            rows = diff_rows(view, since=begin, until=end, first=first, after=after or BEFORE_ALL)
            return ledger_diff(rows, since=begin, until=end)

        return await read(info.context, question)

    @strawberry.field(
        description="One owner's entries behind `since` and up to a position. An owner without "
        "entries has none. For the auditor's role; for anybody else there is nothing here.",
    )
    @answering(LedgerEntriesResult)
    async def ledger_entries(
        self,
        info: Info,
        owner: UUID,
        as_of: Position,
        first: PageSize = DEFAULT_PAGE,
        after: Cursor | None = None,
        since: Position | None = None,
    ) -> Any:
        await require_role(info.context, Role.AUDITOR)
        place, end, begin = place_after(after), in_log(as_of), in_log(since or 0)

        def question(view: View) -> LedgerEntries:
            page = entries_of(view, owner, as_of=end, first=first, after=place, since=begin)
            entries = connection(page, lambda row: row.place, ledger_entry)
            return LedgerEntries(owner=owner, entries=entries)

        return await read(info.context, question)
