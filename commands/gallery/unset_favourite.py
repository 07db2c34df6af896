"""A creator takes the mark of a favourite away."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.asset import Asset


@dataclass(frozen=True)
class UnsetFavourite:
    """Take the mark away."""

    asset_id: UUID


def handle(command: UnsetFavourite, work: Work) -> None:
    """Take the mark away. Raises `NotFound`, `AssetNotAvailable`."""
    asset = work.load(Asset, command.asset_id)
    asset.unset_favourite(at=work.now)
    work.save(asset)
