"""A creator asks for items in the sizes of platforms, ready to be published."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.sources import shown_asset
from commands.publishing.own_packs import in_sight
from commands.work import Work
from domain.kernel.identity import publish_pack_id, publish_packs_id
from domain.person import Person
from domain.publish_pack import PACK_FILES_MAX, PackItem, PublishPacks
from domain.publish_preset import PublishPreset
from domain.refusals import PackTooLarge


@dataclass(frozen=True)
class RequestPublishPack:
    """Items of the gallery, each in every one of these sizes. It costs nothing."""

    asset_ids: tuple[UUID, ...]
    presets: tuple[PublishPreset, ...]


class PackRequested(msgspec.Struct, frozen=True):
    """Ask the read model for this pack; a projection shows it within moments."""

    pack_id: UUID


def handle(command: RequestPublishPack, work: Work) -> PackRequested:
    """Have it made. Raises `PackTooLarge`, `TooManyPacks`, `NotFound`, also for somebody else's
    item, `AssetNotAvailable` for one that is out of sight, and `UnderAge` as `KeepAsset` does.
    """
    work.load(Person, work.owner_id).require_not_under_age()
    asset_ids = tuple(dict.fromkeys(command.asset_ids))
    presets = tuple(dict.fromkeys(command.presets))
    if not 1 <= len(asset_ids) * len(presets) <= PACK_FILES_MAX:
        raise PackTooLarge(PACK_FILES_MAX)
    masters = [shown_asset(work, asset_id)[0].master for asset_id in asset_ids]
    _, rests_on = in_sight(work, asset_ids)
    found = work.find(PublishPacks, publish_packs_id(work.owner_id))
    packs = found or PublishPacks.open(work.owner_id, at=work.now)
    pack_id = publish_pack_id(work.owner_id, work.key, packs.version)
    packs.request(
        pack_id,
        items=[
            PackItem(asset_id, master.object_key, master.sha256, master.duration_ms)
            for asset_id, master in zip(asset_ids, masters, strict=True)
        ],
        presets=presets,
        at=work.now,
    )
    work.save(packs, unchanged=rests_on)
    return PackRequested(pack_id)
