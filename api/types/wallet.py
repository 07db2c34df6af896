"""Credits: the balance, every entry behind it, and what the auditor sees of everybody."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import StudioContext
from api.ids import global_id
from api.reading import read
from api.scalars import Cursor, Millicredits, PageSize, Position
from api.types.paging import DEFAULT_PAGE, Connection, connection, place_after
from queries.viewer import View
from queries.wallet.balance import Balance
from queries.wallet.ledger import Ledger as LedgerRows
from queries.wallet.statement import StatementEntry as EntryRow
from queries.wallet.statement import statement

Info = strawberry.Info[StudioContext, None]


@strawberry.type(description="One entry of the ledger, with the balances right after it.")
class StatementEntry:
    position: Position
    kind: str = strawberry.field(description="The stored name of the event.")
    millicredits: Millicredits = strawberry.field(
        description="The change of what is available, or of what is spent where that is the entry."
    )
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    at: datetime
    job: strawberry.ID | None
    purchase: strawberry.ID | None


@strawberry.type(description="What the viewer has, as of a position.")
class Wallet:
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    position: Position

    @strawberry.field(description="Every entry, newest first.")
    async def statement(
        self, info: Info, first: PageSize = DEFAULT_PAGE, after: Cursor | None = None
    ) -> Connection[StatementEntry]:
        def question(view: View) -> Connection[StatementEntry]:
            page = statement(view, first=first, after=place_after(after))
            return connection(page, lambda row: row.place, entry)

        return await read(info.context, question)


@strawberry.type(description="One owner's balances, under a pseudonym.")
class LedgerAccount:
    owner: UUID
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    position: Position


@strawberry.type(description="All balances as of a position, computed from the entries.")
class Ledger:
    as_of: Position
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    entries: int
    accounts: list[LedgerAccount]


def wallet(found: Balance) -> Wallet:
    """The wallet of a balance."""
    return Wallet(
        available=Millicredits(found.available),
        reserved=Millicredits(found.reserved),
        spent=Millicredits(found.spent),
        position=Position(found.position),
    )


def entry(row: EntryRow) -> StatementEntry:
    """The entry of a row."""
    moved = row.available_change or row.spent_change or row.reserved_change
    return StatementEntry(
        position=Position(row.position),
        kind=row.entry,
        millicredits=Millicredits(moved),
        available=Millicredits(row.available),
        reserved=Millicredits(row.reserved),
        spent=Millicredits(row.spent),
        at=row.recorded_at,
        job=global_id("Job", row.job_id) if row.job_id else None,
        purchase=global_id("Purchase", row.purchase_id) if row.purchase_id else None,
    )


def ledger(found: LedgerRows) -> Ledger:
    """The auditor's ledger."""
    return Ledger(
        as_of=Position(found.as_of),
        available=Millicredits(found.available),
        reserved=Millicredits(found.reserved),
        spent=Millicredits(found.spent),
        entries=found.entries,
        accounts=[
            LedgerAccount(
                owner=account.owner_id,
                available=Millicredits(account.available),
                reserved=Millicredits(account.reserved),
                spent=Millicredits(account.spent),
                position=Position(account.position),
            )
            for account in found.accounts
        ],
    )
