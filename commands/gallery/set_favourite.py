"""A creator marks a picture as a favourite."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.asset import Asset


@dataclass(frozen=True)
class SetFavourite:
    """Mark it."""

    asset_id: UUID


def handle(command: SetFavourite, work: Work) -> None:
    """Mark it. Raises `NotFound`, `AssetNotAvailable`."""
    asset = work.load(Asset, command.asset_id)
    asset.set_favourite(at=work.now)
    work.save(asset)
