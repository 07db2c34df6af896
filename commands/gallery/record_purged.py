"""The reactor reports that a picture's bytes are gone."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.asset import Asset


@dataclass(frozen=True)
class RecordPurged:
    """The bytes of this asset were deleted."""

    asset_id: UUID


def handle(command: RecordPurged, work: Work) -> None:
    """Record it. Raises `AssetNotAvailable` where nobody asked for a purge."""
    asset = work.load(Asset, command.asset_id)
    asset.record_purged(at=work.now)
    work.save(asset)
