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
from api.types.gallery_filter import SHOWN_STATES, GalleryFilterInput, gallery_filter
from commands.ports.archives import ARCHIVE_ITEMS_MAX, ARCHIVE_LIFETIME, Archive
from domain import refusals
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import assets_by_id
from queries.gallery.matching import matching
from queries.viewer import View

Info = strawberry.Info[StudioContext, None]


@strawberry.input(description="Either `assets` or `filter`, and at most a thousand items.")
class RequestArchiveInput:
    assets: list[strawberry.ID] | None = None
    filter: GalleryFilterInput | None = strawberry.field(
        default=None,
        description="All that it finds now, newest first, of what is released. `{}` finds "
        "everything.",
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
        if (input.assets is None) is (input.filter is None):
            raise InputInvalid("assets", "Name either assets or a filter.")
        if len(input.assets or ()) > ARCHIVE_ITEMS_MAX:
            raise refusals.ArchiveTooLarge(ARCHIVE_ITEMS_MAX)
        # One twice is one.
        selected = tuple(dict.fromkeys(own_id("Asset", one) for one in input.assets or ()))
        only = None if input.filter is None else gallery_filter(input.filter)

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
        if only.states != SHOWN_STATES:
            # Of what is hidden, or in the trash, there is nothing to download.
            return (), 0
        found = matching(view, only, limit=ARCHIVE_ITEMS_MAX + 1).asset_ids
        if len(found) > ARCHIVE_ITEMS_MAX:
            raise refusals.ArchiveTooLarge(ARCHIVE_ITEMS_MAX)
        return found, len(found)
    rows = assets_by_id(view, selected)
    if len(rows) < len(selected):
        raise refusals.NotFound()
    return selected, sum(row.state == "released" for row in rows.values())
