"""How a change of many items begins: at once where they are few, else chunk by chunk."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from commands.gallery.changed_items import change_items, of_one_owner
from commands.work import Work
from domain.bulk_change import CHANGED_AT_ONCE_MAX, BulkChange, GalleryChange
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import bulk_change_id
from domain.refusals import AlreadyDecided, NotFound


class ChangeBegun(msgspec.Struct, frozen=True):
    """The change, and how many items it takes."""

    change_id: UUID
    items: int


def new_change_id(work: Work) -> UUID:
    """Of the change that this command begins.

    Raises `AlreadyDecided` where the key began one before: its row may have been swept since.
    """
    new_id = bulk_change_id(work.owner_id, work.key)
    if work.find(BulkChange, new_id) is not None:
        raise AlreadyDecided()
    return new_id


def begin(
    work: Work,
    change: GalleryChange,
    label_id: UUID | None,
    asset_ids: Sequence[UUID],
    *,
    as_of: int = 0,
    undone: BulkChange | None = None,
    every_one_there: bool = False,
) -> ChangeBegun:
    """Save the change; with it what it does, where it takes but a few items.

    `undone` is the change that this one takes back, which is saved, too. `every_one_there` refuses
    ids of nothing with `NotFound`. Raises `TooManyItems`, and what `change_items` does.
    """
    bulk, chunks = BulkChange.request(
        new_change_id(work),
        owner_id=work.owner_id,
        change=change,
        label_id=label_id,
        asset_ids=asset_ids,
        as_of=as_of,
        undoes=None if undone is None else undone.id,
        at=work.now,
    )
    saved: list[Aggregate] = [bulk, *chunks] if undone is None else [undone, bulk, *chunks]
    rests_on: tuple[Aggregate, ...] = ()
    if len(asset_ids) <= CHANGED_AT_ONCE_MAX:
        assets = of_one_owner(work, asset_ids)
        there = sum(asset.released for asset in assets)
        if every_one_there and there < len(asset_ids):
            raise NotFound()
        changed = change_items(assets, change, label_id, work)
        rests_on = changed.rests_on
        saved += changed.assets
        for chunk in chunks:
            chunk.carry_out([asset.id for asset in changed.assets], at=work.now)
    work.save(*saved, unchanged=rests_on)
    return ChangeBegun(bulk.id, len(asset_ids))
