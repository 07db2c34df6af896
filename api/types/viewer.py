"""The viewer: whoever is signed in, and everything that is theirs."""

from asyncio import Future, ensure_future
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import strawberry
from anyio.to_thread import run_sync

from api.context import StudioContext, token_digest
from api.ids import own_id
from api.reading import read
from api.scalars import Cursor, PageSize, Position
from api.types.asset import Asset, asset
from api.types.consent_decision import ConsentDecision, consent_decision
from api.types.enums import AssetKind, JobState
from api.types.gallery_filter import KNOWN_STATES, GalleryFilterInput, gallery_filter
from api.types.gallery_order import (
    BulkChange,
    Collection,
    GallerySection,
    Tag,
    bulk_change,
    collection,
    section,
    tag,
)
from api.types.job import Job, job
from api.types.node import Node
from api.types.paging import DEFAULT_PAGE, Connection, connection, place_after
from api.types.publish_pack import PublishPack, publish_pack
from api.types.session import SessionOfViewer, session_of_viewer
from api.types.source_photo import SourcePhoto, source_photo
from api.types.twin import Twin, twin
from api.types.verification import Verification, verification
from api.types.wallet import Wallet, wallet
from api.types.while_away import WhileAway, while_away
from domain.kernel.personal_text import text_or
from domain.refusals import NotFound
from queries.account.overview import Account, account
from queries.feed.era import in_log
from queries.gallery.bulk_changes import bulk_change as bulk_change_row
from queries.gallery.gallery import asset as asset_row
from queries.gallery.gallery import assets_of_jobs, gallery
from queries.gallery.labels import labels
from queries.gallery.sections import sections
from queries.jobs.jobs import Job as JobRow
from queries.jobs.jobs import job as job_row
from queries.jobs.jobs import jobs
from queries.jobs.queue import queue_places
from queries.jobs.while_away import while_away as while_away_rows
from queries.paging import Page
from queries.publish_packs.publish_packs import publish_packs
from queries.read_position import read_position
from queries.source_photos.source_photos import source_photos
from queries.twins.consent_decisions import ConsentDecision as DecisionRow
from queries.twins.consent_decisions import consent_decisions
from queries.twins.photos import photos
from queries.twins.twins import twin as twin_row
from queries.twins.twins import twins
from queries.viewer import View
from queries.wallet.balance import balance
from queries.wallet.settled import settling_entries

Info = strawberry.Info[StudioContext, None]

R = TypeVar("R")

NO_DECISIONS: Page[DecisionRow] = Page((), None)


class Standing:
    """A viewer's account and how far it is read, in one snapshot, and only if either is asked."""

    def __init__(self) -> None:
        self._seen: Future[tuple[Account | None, int]] | None = None

    def seen(self, context: StudioContext) -> Awaitable[tuple[Account | None, int]]:
        """The account, None until it was projected, and the position."""
        if self._seen is None:
            self._seen = ensure_future(read(context, _standing))
        return self._seen


def _standing(view: View) -> tuple[Account | None, int]:
    return account(view), read_position(view)


@strawberry.type(description="Whoever is signed in. Every read below is theirs alone.")
class Viewer(Node):
    role: str
    standing: strawberry.Private[Standing]

    @strawberry.field
    async def email(self, info: Info) -> str | None:
        session = await info.context.session()
        accounts = info.context.parts.accounts
        return text_or(await run_sync(accounts.email_of, session.person_id)) or None

    @strawberry.field(
        description="Where the viewer is signed in: the session that asks first, then whichever "
        "was seen last."
    )
    async def sessions(self, info: Info, first: PageSize = DEFAULT_PAGE) -> list[SessionOfViewer]:
        session, parts = await info.context.session(), info.context.parts
        this = token_digest(info.context.token or "")
        found = await run_sync(
            lambda: parts.sessions.of(session.person_id, this=this, at=parts.clock(), limit=first)
        )
        return [session_of_viewer(one) for one in found]

    @strawberry.field
    async def position(self, info: Info) -> Position:
        return Position((await self.standing.seen(info.context))[1])

    @strawberry.field
    async def verification(self, info: Info) -> Verification:
        found, _ = await self.standing.seen(info.context)
        return verification(found, at=info.context.parts.clock())

    @strawberry.field(description="Credits.")
    async def wallet(self, info: Info) -> Wallet:
        return wallet(await read(info.context, balance))

    @strawberry.field(description="Twins, newest first.")
    async def twins(
        self, info: Info, first: PageSize = DEFAULT_PAGE, after: Cursor | None = None
    ) -> Connection[Twin]:
        place = place_after(after)

        def question(view: View) -> Connection[Twin]:
            page = twins(view, first=first, after=place)
            return connection(
                page, lambda row: row.place, lambda row: twin(row, photos(view, row.twin_id))
            )

        return await read(info.context, question)

    @strawberry.field(description="One twin, or null.")
    async def twin(self, info: Info, id: strawberry.ID) -> Twin | None:
        return await read(info.context, lambda view: _twin(view, id))

    @strawberry.field(
        description="What was agreed to for a twin and taken back, newest first. Empty for a twin "
        "that is not the viewer's."
    )
    async def consent_history(
        self,
        info: Info,
        twin: strawberry.ID,
        first: PageSize = DEFAULT_PAGE,
        after: Cursor | None = None,
    ) -> Connection[ConsentDecision]:
        place = place_after(after)

        def question(view: View) -> Connection[ConsentDecision]:
            page = _own(
                view,
                "Twin",
                twin,
                lambda view, own: consent_decisions(view, own, first=first, after=place),
            )
            return connection(page or NO_DECISIONS, lambda row: row.place, consent_decision)

        return await read(info.context, question)

    @strawberry.field(description="Jobs, newest first, in `states` where any are named.")
    async def jobs(
        self,
        info: Info,
        first: PageSize = DEFAULT_PAGE,
        after: Cursor | None = None,
        states: list[JobState] | None = None,
    ) -> Connection[Job]:
        place = place_after(after)

        def question(view: View) -> Connection[Job]:
            wanted = [state.value for state in states or ()]
            page = jobs(view, first=first, after=place, states=wanted)
            made = jobs_of(info.context, view, page.items)
            shown = dict(zip((row.job_id for row in page.items), made, strict=True))
            return connection(page, lambda row: row.place, lambda row: shown[row.job_id])

        return await read(info.context, question)

    @strawberry.field(description="One job, or null.")
    async def job(self, info: Info, id: strawberry.ID) -> Job | None:
        def question(view: View) -> Job | None:
            found = _own(view, "Job", id, job_row)
            return None if found is None else jobs_of(info.context, view, [found])[0]

        return await read(info.context, question)

    @strawberry.field(
        description="What was completed, failed or paid behind the position `after`, and after "
        "`since`: each where it is given."
    )
    async def while_away(
        self, info: Info, after: Position | None = None, since: datetime | None = None
    ) -> WhileAway:
        def question(view: View) -> WhileAway:
            found = while_away_rows(view, after=in_log(after or 0), since=since)
            return while_away(found, jobs_of(info.context, view, found.jobs))

        return await read(info.context, question)

    @strawberry.field(
        description="Released pictures, newest first. Those that withdrawing consent has hidden "
        "stand in a list of their own, `hidden: true`, until each is kept or purged. With a "
        "`filter` the arguments beside it are passed over. `stacked` shows one item of each stack."
    )
    async def gallery(
        self,
        info: Info,
        first: PageSize = DEFAULT_PAGE,
        after: Cursor | None = None,
        twin: strawberry.ID | None = None,
        text: str | None = None,
        favourite: bool | None = None,  # noqa: FBT001 – named in every document
        kinds: list[AssetKind] | None = None,
        hidden: bool = False,  # noqa: FBT001, FBT002 – named in every document
        filter: GalleryFilterInput | None = None,
        stacked: bool = False,  # noqa: FBT001, FBT002 – named in every document
    ) -> Connection[Asset]:
        place = place_after(after)
        wish = filter or GalleryFilterInput(
            twin=twin, text=text, favourite=favourite, kinds=kinds, hidden=hidden
        )
        only = gallery_filter(wish, stacked=stacked)

        def question(view: View) -> Connection[Asset]:
            page = gallery(view, first=first, after=place, only=only)
            return connection(page, lambda row: row.place, asset)

        return await read(info.context, question)

    @strawberry.field(
        description="The months of the gallery with how many items each has, the newest first; "
        "`stacked`, with how many stacks, each in the month of its newest item."
    )
    async def gallery_sections(
        self,
        info: Info,
        filter: GalleryFilterInput | None = None,
        stacked: bool = False,  # noqa: FBT001, FBT002 – named in every document
    ) -> list[GallerySection]:
        only = gallery_filter(filter or GalleryFilterInput(), stacked=stacked)
        found = await read(info.context, lambda view: sections(view, only))
        return [section(row) for row in found]

    @strawberry.field(description="All tags, the newest first.")
    async def tags(self, info: Info) -> list[Tag]:
        return [tag(row) for row in await read(info.context, labels) if row.kind == "tag"]

    @strawberry.field(description="All collections, the newest first.")
    async def collections(self, info: Info) -> list[Collection]:
        found = await read(info.context, labels)
        return [collection(row) for row in found if row.kind == "collection"]

    @strawberry.field(
        description="Photos to begin with, newest first. One that was refused is told of for a "
        "day, behind those that are there."
    )
    async def source_photos(self, info: Info, first: PageSize = DEFAULT_PAGE) -> list[SourcePhoto]:
        found = await read(info.context, lambda view: source_photos(view, first=first))
        return [source_photo(row) for row in found]

    @strawberry.field(description="Packs of items to be published, newest first, each for a day.")
    async def publish_packs(self, info: Info, first: PageSize = DEFAULT_PAGE) -> list[PublishPack]:
        found = await read(info.context, lambda view: publish_packs(view, first=first))
        return [publish_pack(row) for row in found]

    @strawberry.field(description="How far a change of many items has come, or null.")
    async def bulk_change(self, info: Info, id: strawberry.ID) -> BulkChange | None:
        def question(view: View) -> BulkChange | None:
            found = _own(view, "BulkChange", id, bulk_change_row)
            return None if found is None else bulk_change(found)

        return await read(info.context, question)

    @strawberry.field(description="One picture with its full parameters, or null.")
    async def asset(self, info: Info, id: strawberry.ID) -> Asset | None:
        def question(view: View) -> Asset | None:
            found = _own(view, "Asset", id, asset_row)
            return asset(found) if found is not None and found.state in KNOWN_STATES else None

        return await read(info.context, question)


def jobs_of(context: StudioContext, view: View, rows: Sequence[JobRow]) -> list[Job]:
    """Jobs with their pictures, places in line and refusals, in the order of the rows."""
    found = assets_of_jobs(view, [row.job_id for row in rows])
    places = queue_places(view, [row for row in rows if row.state == "requested"])
    refused = [row for row in rows if any(item.state == "refused" for item in row.items)]
    settled = settling_entries(view, refused)
    return [
        job(
            row,
            found[row.job_id],
            context.parts.progress,
            place=places.get(row.job_id),
            settled_at=settled.get(row.job_id),
        )
        for row in rows
    ]


def _twin(view: View, given: str) -> Twin | None:
    found = _own(view, "Twin", given, twin_row)
    return None if found is None else twin(found, photos(view, found.twin_id))


def _own(view: View, kind: str, given: str, find: Callable[[View, UUID], R | None]) -> R | None:
    """The viewer's row behind a global id. A malformed id is like one that does not exist."""
    try:
        return find(view, own_id(kind, given))
    except NotFound:
        return None
