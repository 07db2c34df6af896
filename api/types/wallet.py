"""Credits: the balance, and every entry behind it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import strawberry

from api.context import StudioContext
from api.ids import global_id
from api.reading import read
from api.scalars import Cursor, Millicredits, PageSize, Position
from api.types.enums import JobKind
from api.types.paging import DEFAULT_PAGE, Connection, connection, place_after
from api.types.purchase import Purchase, purchase
from queries.viewer import View
from queries.wallet.asked import PackageAsked, packages_asked, work_asked
from queries.wallet.asked import WorkAsked as WorkRow
from queries.wallet.balance import Balance
from queries.wallet.holds import Hold as HoldRow
from queries.wallet.holds import holds
from queries.wallet.purchases import purchases
from queries.wallet.spent_since import spent_since
from queries.wallet.statement import EntriesAbout, statement
from queries.wallet.statement import StatementEntry as EntryRow

strawberry.enum(EntriesAbout, description="Which entries of a statement are listed.")

Info = strawberry.Info[StudioContext, None]


@strawberry.type(description="The work that an entry is about, as it was asked for.")
class WorkAsked:
    kind: JobKind
    engine: str
    count: int
    prompt: str | None
    twin_name: str | None


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
    asked: WorkAsked | None = strawberry.field(
        description="What its job was asked for. Null for entries without a job."
    )
    package: str | None = strawberry.field(
        description="Which package its purchase was of. Null for entries without a purchase."
    )


@strawberry.type(description="What one open job holds until it ends.")
class Hold:
    job: strawberry.ID
    millicredits: Millicredits
    since: datetime
    asked: WorkAsked | None = strawberry.field(description="What the job was asked for.")


@strawberry.type(description="What the viewer has, as of a position.")
class Wallet:
    available: Millicredits
    reserved: Millicredits
    spent: Millicredits
    position: Position

    @strawberry.field(description="What was spent since the first of this month began, in UTC.")
    async def spent_this_month(self, info: Info) -> Millicredits:
        now = info.context.parts.clock().astimezone(UTC)
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return Millicredits(await read(info.context, lambda view: spent_since(view, month)))

    @strawberry.field(
        description="Which open jobs hold what is reserved, the newest first: all there are."
    )
    async def holds(self, info: Info) -> list[Hold]:
        def question(view: View) -> list[Hold]:
            rows = holds(view)
            work = work_asked(view, [row.job_id for row in rows])
            return [hold(row, work=work) for row in rows]

        return await read(info.context, question)

    @strawberry.field(description="Every entry, or those `about` one kind of thing, newest first.")
    async def statement(
        self,
        info: Info,
        first: PageSize = DEFAULT_PAGE,
        after: Cursor | None = None,
        about: EntriesAbout = EntriesAbout.ALL,
    ) -> Connection[StatementEntry]:
        def question(view: View) -> Connection[StatementEntry]:
            page = statement(view, first=first, after=place_after(after), about=about)
            work = work_asked(view, [row.job_id for row in page.items if row.job_id])
            bought = packages_asked(
                view, [row.purchase_id for row in page.items if row.purchase_id]
            )
            return connection(
                page, lambda row: row.place, lambda row: entry(row, work=work, bought=bought)
            )

        return await read(info.context, question)

    @strawberry.field(description="Every purchase and what became of it, newest first.")
    async def purchases(
        self, info: Info, first: PageSize = DEFAULT_PAGE, after: Cursor | None = None
    ) -> Connection[Purchase]:
        place = place_after(after)

        def question(view: View) -> Connection[Purchase]:
            page = purchases(view, first=first, after=place)
            return connection(page, lambda row: row.place, purchase)

        return await read(info.context, question)


def wallet(found: Balance) -> Wallet:
    """The wallet of a balance."""
    return Wallet(
        available=Millicredits(found.available),
        reserved=Millicredits(found.reserved),
        spent=Millicredits(found.spent),
        position=Position(found.position),
    )


def entry(
    row: EntryRow, *, work: Mapping[UUID, WorkRow], bought: Mapping[UUID, PackageAsked]
) -> StatementEntry:
    """The entry of a row, with what it was for where that is among `work` or `bought`."""
    package = bought.get(row.purchase_id) if row.purchase_id else None
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
        asked=_asked(work.get(row.job_id)) if row.job_id else None,
        package=package.package if package else None,
    )


def hold(row: HoldRow, *, work: Mapping[UUID, WorkRow]) -> Hold:
    """The hold of a row, with what its job was asked for where that is among `work`."""
    return Hold(
        job=global_id("Job", row.job_id),
        millicredits=Millicredits(row.millicredits),
        since=row.since,
        asked=_asked(work.get(row.job_id)),
    )


def _asked(row: WorkRow | None) -> WorkAsked | None:
    if row is None:
        return None
    return WorkAsked(
        kind=JobKind(row.kind),
        engine=row.engine,
        count=row.item_count,
        prompt=row.prompt,
        twin_name=row.twin_name,
    )
