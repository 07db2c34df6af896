"""Asking for many gallery items as one ZIP."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering
from api.archives import archive_address
from api.context import StudioContext, new_token, token_digest
from api.ids import own_id
from api.reading import read
from api.refusals import InputInvalid, result_union
from api.types.enums import AssetKind
from commands.ports.archives import ARCHIVE_ITEMS_MAX, ARCHIVE_LIFETIME, Archive
from domain import refusals
from queries.gallery.archived import archived, ids_found
from queries.gallery.gallery import GalleryFilter
from queries.viewer import View

Info = strawberry.Info[StudioContext, None]

NOBODYS = UUID(int=0)


@strawberry.input(description="Which released items: as the arguments of `Viewer.gallery`.")
class ArchiveFilter:
    twin: strawberry.ID | None = None
    text: str | None = None
    favourite: bool | None = None
    kinds: list[AssetKind] | None = None


@strawberry.input(description="Either `assets` or `only`, and at most a thousand items.")
class RequestArchiveInput:
    assets: list[strawberry.ID] | None = None
    only: ArchiveFilter | None = strawberry.field(
        default=None, description="All that it finds now, newest first. `{}` finds everything."
    )


@strawberry.type
class RequestArchiveSuccess:
    url: str = strawberry.field(
        description="Where its owner downloads it, on this origin and by their session: once, and "
        "until it expires."
    )
    items: int = strawberry.field(description="How many can be downloaded now.")
    expires_at: datetime


RequestArchiveResult = result_union(
    "RequestArchiveResult",
    RequestArchiveSuccess,
    refusals.ArchiveTooLarge,
    refusals.ArchiveEmpty,
)


@strawberry.type
class ArchiveMutations:
    @strawberry.mutation(
        description="The address of a ZIP of originals with their content credentials, and a "
        "`manifest.json` with what made each. Whatever is hidden, purged or withdrawn when it is "
        "downloaded is left out, and the manifest says so.",
    )
    @answering(RequestArchiveResult)
    async def request_archive(self, info: Info, input: RequestArchiveInput) -> Any:
        session = await info.context.session()
        if (input.assets is None) == (input.only is None):
            raise InputInvalid("assets", "Give either `assets` or `only`.")
        if len(input.assets or ()) > ARCHIVE_ITEMS_MAX:
            raise refusals.ArchiveTooLarge(ARCHIVE_ITEMS_MAX)
        # One twice is one.
        selected = tuple(dict.fromkeys(own_id("Asset", one) for one in input.assets or ()))
        only = None if input.only is None else _filter(input.only)

        def question(view: View) -> tuple[tuple[UUID, ...], int]:
            return _asked(view, selected, only)

        asset_ids, released = await read(info.context, question)
        if not released:
            raise refusals.ArchiveEmpty()
        parts = info.context.parts
        token, expires_at = new_token(), parts.clock() + ARCHIVE_LIFETIME
        archive = Archive(session.person_id, asset_ids, expires_at)
        await run_sync(parts.archives.open, token_digest(token), archive)
        return RequestArchiveSuccess(
            url=archive_address(token), items=released, expires_at=expires_at
        )


def _asked(
    view: View, selected: tuple[UUID, ...], only: GalleryFilter | None
) -> tuple[tuple[UUID, ...], int]:
    """The items, and how many of them are released.

    Raises `NotFound` where one that was selected is not the viewer's, `ArchiveTooLarge`.
    """
    if only is not None:
        found = ids_found(view, only, limit=ARCHIVE_ITEMS_MAX)
        if len(found) > ARCHIVE_ITEMS_MAX:
            raise refusals.ArchiveTooLarge(ARCHIVE_ITEMS_MAX)
        return found, len(found)
    rows = archived(view, selected)
    if len(rows) < len(selected):
        raise refusals.NotFound()
    return selected, sum(row.state == "released" for row in rows.values())


def _filter(given: ArchiveFilter) -> GalleryFilter:
    try:
        twin = None if given.twin is None else own_id("Twin", given.twin)
    except refusals.NotFound:
        # What is no twin's id filters by one that nobody has, as in the gallery.
        twin = NOBODYS
    kinds = given.kinds or (AssetKind.IMAGE, AssetKind.VIDEO)
    return GalleryFilter(
        twin_id=twin,
        text=given.text,
        favourite=given.favourite,
        kinds=tuple(kind.value for kind in kinds),
    )
