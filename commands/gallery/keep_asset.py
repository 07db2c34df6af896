"""A creator keeps a picture that a withdrawal had hidden."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.asset import Asset


@dataclass(frozen=True)
class KeepAsset:
    """Show it again."""

    asset_id: UUID


class AssetKept(msgspec.Struct, frozen=True):
    """It is in the gallery again."""

    asset_id: UUID


def handle(command: KeepAsset, work: Work) -> AssetKept:
    """Keep it. Raises `NotFound`, `AssetNotAvailable`, also for a reported one."""
    asset = work.load(Asset, command.asset_id)
    asset.keep(at=work.now)
    work.save(asset)
    return AssetKept(asset.id)
