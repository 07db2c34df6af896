"""Favourites, keeping, purging and downloading pictures."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import strawberry

from api.answering import answering, execute
from api.context import StudioContext
from api.ids import own_id
from api.media_types import FILE_NAME_SUFFIXES
from api.reading import read
from api.refusals import result_union
from api.scalars import Position
from api.types.enums import RenditionRole
from commands.catalogue import DOWNLOADABLE
from commands.gallery.keep_asset import KeepAsset
from commands.gallery.purge_asset import PurgeAsset
from commands.gallery.set_favourite import SetFavourite
from commands.gallery.unset_favourite import UnsetFavourite
from domain import refusals
from queries.gallery.gallery import asset

Info = strawberry.Info[StudioContext, None]

DOWNLOAD_LIFETIME_S = 90


@strawberry.input
class SetFavouriteInput:
    idempotency_key: UUID
    asset: strawberry.ID
    favourite: bool


@strawberry.input
class KeepAssetInput:
    idempotency_key: UUID
    asset: strawberry.ID


@strawberry.input
class PurgeAssetInput:
    idempotency_key: UUID
    asset: strawberry.ID


@strawberry.input
class RequestDownloadInput:
    asset: strawberry.ID
    rendition: RenditionRole = RenditionRole.MASTER


@strawberry.type
class SetFavouriteSuccess:
    position: Position


@strawberry.type
class KeepAssetSuccess:
    position: Position


@strawberry.type
class PurgeAssetSuccess:
    position: Position


@strawberry.type
class RequestDownloadSuccess:
    url: str
    file_name: str
    expires_at: datetime


SetFavouriteResult = result_union(
    "SetFavouriteResult", SetFavouriteSuccess, refusals.AssetNotAvailable
)
KeepAssetResult = result_union(
    "KeepAssetResult", KeepAssetSuccess, refusals.AssetNotAvailable, refusals.UnderAge
)
PurgeAssetResult = result_union("PurgeAssetResult", PurgeAssetSuccess, refusals.AssetNotAvailable)
RequestDownloadResult = result_union(
    "RequestDownloadResult", RequestDownloadSuccess, refusals.AssetNotAvailable
)


@strawberry.type
class GalleryMutations:
    @strawberry.mutation(
        description="Add to the favourites, or take away.",
    )
    @answering(SetFavouriteResult)
    async def set_favourite(self, info: Info, input: SetFavouriteInput) -> Any:
        own = own_id("Asset", input.asset)
        command = SetFavourite(own) if input.favourite else UnsetFavourite(own)
        accepted = await execute(info.context, command, input.idempotency_key)
        return SetFavouriteSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Keep a picture that was hidden when consent was withdrawn.",
    )
    @answering(KeepAssetResult)
    async def keep_asset(self, info: Info, input: KeepAssetInput) -> Any:
        command = KeepAsset(asset_id=own_id("Asset", input.asset))
        accepted = await execute(info.context, command, input.idempotency_key)
        return KeepAssetSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Delete a picture for ever.",
    )
    @answering(PurgeAssetResult)
    async def purge_asset(self, info: Info, input: PurgeAssetInput) -> Any:
        command = PurgeAsset(asset_id=own_id("Asset", input.asset))
        accepted = await execute(info.context, command, input.idempotency_key)
        return PurgeAssetSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="A URL that downloads one file of it, for ninety seconds. There are only "
        "files with content credentials to download: no posters.",
    )
    @answering(RequestDownloadResult)
    async def request_download(self, info: Info, input: RequestDownloadInput) -> Any:
        own = own_id("Asset", input.asset)
        found = await read(info.context, lambda view: asset(view, own))
        if found is None:
            raise refusals.NotFound()
        if found.state != "released":
            raise refusals.AssetNotAvailable()
        file = next((one for one in found.renditions if one.role == input.rendition.value), None)
        if file is None or input.rendition not in DOWNLOADABLE:
            raise refusals.AssetNotAvailable()
        parts = info.context.parts
        file_name = f"{found.kind}-{found.asset_id}{FILE_NAME_SUFFIXES[file.media_type]}"
        return RequestDownloadSuccess(
            url=parts.objects.presign_download(
                file.object_key, expires_in_s=DOWNLOAD_LIFETIME_S, file_name=file_name
            ),
            file_name=file_name,
            expires_at=parts.clock() + timedelta(seconds=DOWNLOAD_LIFETIME_S),
        )
