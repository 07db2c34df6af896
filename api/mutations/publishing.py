"""Having gallery items made ready to be published."""

from typing import Any
from uuid import UUID

import strawberry

from api.answering import answering, execute
from api.context import StudioContext
from api.ids import global_id, own_id
from api.refusals import result_union
from api.scalars import Position
from api.types.publish_pack import PUBLISH_PACK
from commands.catalogue import PublishPreset
from commands.publishing.request_publish_pack import RequestPublishPack
from domain import refusals
from domain.publish_pack import PACK_FILES_MAX

Info = strawberry.Info[StudioContext, None]


@strawberry.input(description="Items times sizes are twelve at most.")
class RequestPublishPackInput:
    idempotency_key: UUID
    assets: list[strawberry.ID]
    presets: list[PublishPreset]


@strawberry.type
class RequestPublishPackSuccess:
    pack: strawberry.ID
    position: Position


RequestPublishPackResult = result_union(
    "RequestPublishPackResult",
    RequestPublishPackSuccess,
    refusals.PackTooLarge,
    refusals.TooManyPacks,
    refusals.AssetNotAvailable,
    refusals.UnderAge,
    refusals.AlreadyDecided,
)


@strawberry.type
class PublishingMutations:
    @strawberry.mutation(
        description="Have items made in the sizes of platforms, with the visible AI label, IPTC's "
        "source type and content credentials, and without anything that was written. It costs "
        "nothing. The gallery's feed says when it is made; it is there for a day.",
    )
    @answering(RequestPublishPackResult)
    async def request_publish_pack(self, info: Info, input: RequestPublishPackInput) -> Any:
        if len(input.assets) > PACK_FILES_MAX or len(input.presets) > PACK_FILES_MAX:
            raise refusals.PackTooLarge(PACK_FILES_MAX)
        command = RequestPublishPack(
            asset_ids=tuple(own_id("Asset", one) for one in input.assets),
            presets=tuple(input.presets),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return RequestPublishPackSuccess(
            pack=global_id(PUBLISH_PACK, accepted.result.pack_id),
            position=Position(accepted.position),
        )
