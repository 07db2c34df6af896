"""A creator has a picture deleted for good."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.asset import Asset


@dataclass(frozen=True)
class PurgeAsset:
    """Delete its bytes."""

    asset_id: UUID


def handle(command: PurgeAsset, work: Work) -> None:
    """Put it out of sight and ask for the deletion. An event reports when its bytes are gone.

    Raises `NotFound`, `AssetNotAvailable`.
    """
    asset = work.load(Asset, command.asset_id)
    asset.request_purge(at=work.now)
    work.save(asset)
