"""A creator has a picture deleted for good."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.asset import Asset


@dataclass(frozen=True)
class PurgeAsset:
    """Delete its bytes."""

    asset_id: UUID


class PurgeRequested(msgspec.Struct, frozen=True):
    """It is out of sight; an event reports when its bytes are gone."""

    asset_id: UUID


def handle(command: PurgeAsset, work: Work) -> PurgeRequested:
    """Ask for the deletion. Raises `NotFound`, `AssetNotAvailable`."""
    asset = work.load(Asset, command.asset_id)
    asset.request_purge(at=work.now)
    work.save(asset)
    return PurgeRequested(asset.id)
