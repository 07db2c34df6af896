"""One change, made to some items in one save."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from commands.gallery.own_gallery import own_gallery
from commands.work import Work
from domain.asset import Asset
from domain.bulk_change import GalleryChange
from domain.gallery import Gallery
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import gallery_id
from domain.person import Person
from domain.refusals import AssetNotAvailable, TooManyLabelsOfAsset
from domain.twin import Twin


@dataclass(frozen=True)
class ChangedItems:
    """Those that were changed, and what the decision rests on: named as unchanged in the save."""

    assets: tuple[Asset, ...]
    rests_on: tuple[Aggregate, ...]


def change_items(
    assets: Sequence[Asset], change: GalleryChange, label_id: UUID | None, work: Work
) -> ChangedItems:
    """Change them. What is gone, is so already or has no room for a label is passed over.

    Raises `NotFound` for a label that is not there, and `UnderAge` as `KeepAsset` does.
    """
    rests_on: list[Aggregate] = []
    twins: dict[UUID, Twin] = {}
    gallery: Gallery | None = None
    if label_id is not None:
        gallery = own_gallery(work)
        gallery.require_label(label_id)
        rests_on.append(gallery)
    if change is GalleryChange.KEEP:
        person = work.load(Person, work.owner_id)
        person.require_not_under_age()
        needed = {asset.twin_id for asset in assets if asset.twin_id is not None}
        twins = {one: work.load(Twin, one) for one in needed}
        rests_on += [person, *twins.values()]
    changed = []
    for asset in assets:
        before = asset.version
        try:
            if gallery is not None:
                _make_room(asset, gallery, work)
            _change(asset, change, label_id, twins, work)
        except (AssetNotAvailable, TooManyLabelsOfAsset):
            continue
        if asset.version != before:
            changed.append(asset)
    return ChangedItems(tuple(changed), tuple(rests_on))


def of_one_owner(work: Work, asset_ids: Sequence[UUID]) -> list[Asset]:
    """Those of them that there are, read at once, with what a change of them needs."""
    work.load_ahead(work.owner_id, gallery_id(work.owner_id), *asset_ids)
    found = (work.find(Asset, one) for one in asset_ids)
    return [asset for asset in found if asset is not None]


def _make_room(asset: Asset, gallery: Gallery, work: Work) -> None:
    """Labels that were deleted are on no item, and count on none that has its fill."""
    if asset.has_room_for_label:
        return
    for label in asset.labels:
        if label not in gallery.labels:
            asset.unlabel(label, at=work.now)


def _change(
    asset: Asset,
    change: GalleryChange,
    label_id: UUID | None,
    twins: dict[UUID, Twin],
    work: Work,
) -> None:
    match change:
        case GalleryChange.FAVOURITE:
            asset.set_favourite(at=work.now)
        case GalleryChange.UNFAVOURITE:
            asset.unset_favourite(at=work.now)
        case GalleryChange.LABEL:
            assert label_id is not None
            asset.label(label_id, at=work.now)
        case GalleryChange.UNLABEL:
            assert label_id is not None
            asset.unlabel(label_id, at=work.now)
        case GalleryChange.TRASH:
            asset.trash(at=work.now)
        case GalleryChange.RESTORE:
            asset.restore(at=work.now)
        case GalleryChange.KEEP:
            twin = None if asset.twin_id is None else twins[asset.twin_id]
            asset.keep(None if twin is None else twin.consent_in_force, at=work.now)
        case GalleryChange.PURGE:
            asset.request_purge(at=work.now)
        case _:
            assert_never(change)
