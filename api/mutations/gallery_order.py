"""Tags and collections, changes of many items, and taking those back."""

import json
from typing import Any
from uuid import UUID

import strawberry

from api.answering import answering, execute
from api.consistency import until_visible
from api.context import StudioContext
from api.ids import global_id, own_id
from api.reading import read
from api.refusals import InputInvalid, NotConsistentYet, ReadModelParked, result_union
from api.scalars import Position
from api.types.enums import GalleryChange
from api.types.gallery_filter import GalleryFilterInput, gallery_filter
from commands.catalogue import BULK_ITEMS_MAX, CHANGED_AT_ONCE_MAX, LabelKind
from commands.gallery.change_assets import ChangeAssets
from commands.gallery.close_collection import CloseCollection
from commands.gallery.create_label import CreateLabel
from commands.gallery.delete_label import DeleteLabel
from commands.gallery.open_collection import OpenCollection
from commands.gallery.rename_label import RenameLabel
from commands.gallery.undo_change import UndoChange
from domain import refusals
from domain.kernel.personal_text import PersonalText, written
from queries.feed.era import in_log
from queries.gallery.matching import matching

Info = strawberry.Info[StudioContext, None]


@strawberry.input
class CreateTagInput:
    idempotency_key: UUID
    name: str


@strawberry.input
class RenameTagInput:
    idempotency_key: UUID
    tag: strawberry.ID
    name: str


@strawberry.input
class DeleteTagInput:
    idempotency_key: UUID
    tag: strawberry.ID


@strawberry.input
class CreateCollectionInput:
    idempotency_key: UUID
    name: str
    private: bool = False


@strawberry.input
class RenameCollectionInput:
    idempotency_key: UUID
    collection: strawberry.ID
    name: str


@strawberry.input
class SetCollectionPrivacyInput:
    idempotency_key: UUID
    collection: strawberry.ID
    private: bool


@strawberry.input
class DeleteCollectionInput:
    idempotency_key: UUID
    collection: strawberry.ID


@strawberry.input
class ChangeAssetsInput:
    idempotency_key: UUID
    change: GalleryChange
    assets: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"{CHANGED_AT_ONCE_MAX} at most; they are changed at once."
    )
    filter: GalleryFilterInput | None = strawberry.field(
        default=None,
        description="All that it finds, from `minPosition` on. Many are changed little by little.",
    )
    tag: strawberry.ID | None = strawberry.field(
        default=None, description="For LABEL and UNLABEL: either this or `collection`."
    )
    collection: strawberry.ID | None = None
    min_position: Position | None = None


@strawberry.input
class UndoChangeInput:
    idempotency_key: UUID
    change: strawberry.ID


@strawberry.type
class CreateTagSuccess:
    position: Position
    tag: strawberry.ID


@strawberry.type
class RenameTagSuccess:
    position: Position


@strawberry.type
class DeleteTagSuccess:
    position: Position


@strawberry.type
class CreateCollectionSuccess:
    position: Position
    collection: strawberry.ID


@strawberry.type
class RenameCollectionSuccess:
    position: Position


@strawberry.type
class SetCollectionPrivacySuccess:
    position: Position


@strawberry.type
class DeleteCollectionSuccess:
    position: Position


@strawberry.type
class ChangeAssetsSuccess:
    position: Position
    change: strawberry.ID = strawberry.field(description="Of the change, which can be followed.")
    items: int


@strawberry.type
class UndoChangeSuccess:
    position: Position
    change: strawberry.ID = strawberry.field(description="Of the change that takes it back.")
    items: int


_NAMED = (refusals.LabelNameInvalid, refusals.TooManyLabels, refusals.AlreadyDecided)
CreateTagResult = result_union("CreateTagResult", CreateTagSuccess, *_NAMED)
RenameTagResult = result_union("RenameTagResult", RenameTagSuccess, refusals.LabelNameInvalid)
DeleteTagResult = result_union("DeleteTagResult", DeleteTagSuccess)
CreateCollectionResult = result_union("CreateCollectionResult", CreateCollectionSuccess, *_NAMED)
RenameCollectionResult = result_union(
    "RenameCollectionResult", RenameCollectionSuccess, refusals.LabelNameInvalid
)
SetCollectionPrivacyResult = result_union("SetCollectionPrivacyResult", SetCollectionPrivacySuccess)
DeleteCollectionResult = result_union("DeleteCollectionResult", DeleteCollectionSuccess)
ChangeAssetsResult = result_union(
    "ChangeAssetsResult",
    ChangeAssetsSuccess,
    refusals.TooManyItems,
    refusals.UnderAge,
    refusals.AlreadyDecided,
    NotConsistentYet,
    ReadModelParked,
)
UndoChangeResult = result_union(
    "UndoChangeResult",
    UndoChangeSuccess,
    refusals.ChangeNotUndoable,
    refusals.UndoTooLate,
    refusals.AlreadyDecided,
)


@strawberry.type
class GalleryOrderMutations:
    @strawberry.mutation(description="Make a tag. Its name is for its owner's eyes only.")
    @answering(CreateTagResult)
    async def create_tag(self, info: Info, input: CreateTagInput) -> Any:
        command = CreateLabel(LabelKind.TAG, written(input.name))
        accepted = await execute(info.context, command, input.idempotency_key)
        return CreateTagSuccess(
            position=Position(accepted.position), tag=global_id("Tag", accepted.result.label_id)
        )

    @strawberry.mutation(description="Call a tag something else.")
    @answering(RenameTagResult)
    async def rename_tag(self, info: Info, input: RenameTagInput) -> Any:
        command = RenameLabel(own_id("Tag", input.tag), written(input.name))
        accepted = await execute(info.context, command, input.idempotency_key)
        return RenameTagSuccess(position=Position(accepted.position))

    @strawberry.mutation(description="Take a tag off everything, and forget it.")
    @answering(DeleteTagResult)
    async def delete_tag(self, info: Info, input: DeleteTagInput) -> Any:
        command = DeleteLabel(own_id("Tag", input.tag))
        accepted = await execute(info.context, command, input.idempotency_key)
        return DeleteTagSuccess(position=Position(accepted.position))

    @strawberry.mutation(description="Make a collection. A private one is seen in itself only.")
    @answering(CreateCollectionResult)
    async def create_collection(self, info: Info, input: CreateCollectionInput) -> Any:
        command = CreateLabel(LabelKind.COLLECTION, written(input.name), private=input.private)
        accepted = await execute(info.context, command, input.idempotency_key)
        return CreateCollectionSuccess(
            position=Position(accepted.position),
            collection=global_id("Collection", accepted.result.label_id),
        )

    @strawberry.mutation(description="Call a collection something else.")
    @answering(RenameCollectionResult)
    async def rename_collection(self, info: Info, input: RenameCollectionInput) -> Any:
        command = RenameLabel(own_id("Collection", input.collection), written(input.name))
        accepted = await execute(info.context, command, input.idempotency_key)
        return RenameCollectionSuccess(position=Position(accepted.position))

    @strawberry.mutation(description="Make a collection private, or private no more.")
    @answering(SetCollectionPrivacyResult)
    async def set_collection_privacy(self, info: Info, input: SetCollectionPrivacyInput) -> Any:
        own = own_id("Collection", input.collection)
        command = CloseCollection(own) if input.private else OpenCollection(own)
        accepted = await execute(info.context, command, input.idempotency_key)
        return SetCollectionPrivacySuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Forget a collection. Its items stay; those of a private one are seen again."
    )
    @answering(DeleteCollectionResult)
    async def delete_collection(self, info: Info, input: DeleteCollectionInput) -> Any:
        command = DeleteLabel(own_id("Collection", input.collection))
        accepted = await execute(info.context, command, input.idempotency_key)
        return DeleteCollectionSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Change some items, or all that a filter finds. What is gone or so already is "
        "passed over; an id of nothing refuses all.",
    )
    @answering(ChangeAssetsResult)
    async def change_assets(self, info: Info, input: ChangeAssetsInput) -> Any:
        command = await _change(info.context, input)
        accepted = await execute(info.context, command, input.idempotency_key)
        return ChangeAssetsSuccess(
            position=Position(accepted.position),
            change=global_id("BulkChange", accepted.result.change_id),
            items=accepted.result.items,
        )

    @strawberry.mutation(
        description="Take a change back, for a day: what it has changed is as it was before it.",
    )
    @answering(UndoChangeResult)
    async def undo_change(self, info: Info, input: UndoChangeInput) -> Any:
        command = UndoChange(own_id("BulkChange", input.change))
        accepted = await execute(info.context, command, input.idempotency_key)
        return UndoChangeSuccess(
            position=Position(accepted.position),
            change=global_id("BulkChange", accepted.result.change_id),
            items=accepted.result.items,
        )


async def _change(context: StudioContext, input: ChangeAssetsInput) -> ChangeAssets:
    """The command, with what its filter finds now. Raises `NotFound`, `InputInvalid`."""
    label_id = _label(input)
    if (input.assets is None) is (input.filter is None):
        raise InputInvalid("assets", "Name either assets or a filter.")
    if input.filter is None:
        assets = input.assets or []
        if len(assets) > CHANGED_AT_ONCE_MAX:
            raise refusals.TooManyItems(CHANGED_AT_ONCE_MAX)
        asset_ids = tuple(own_id("Asset", one) for one in assets)
        return ChangeAssets(input.change, label_id, asset_ids)
    if input.min_position is not None:
        session = await context.session()
        await until_visible(context, session, in_log(input.min_position))
    only = gallery_filter(input.filter)
    found = await read(context, lambda view: matching(view, only, limit=BULK_ITEMS_MAX + 1))
    return ChangeAssets(
        input.change,
        label_id,
        filter=PersonalText(json.dumps(strawberry.asdict(input.filter), default=str)),
        matched=found.asset_ids,
        as_of=found.as_of,
    )


def _label(input: ChangeAssetsInput) -> UUID | None:
    if input.tag is not None and input.collection is not None:
        raise InputInvalid("tag", "Name either a tag or a collection.")
    if input.tag is not None:
        return own_id("Tag", input.tag)
    return None if input.collection is None else own_id("Collection", input.collection)
