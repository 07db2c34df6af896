"""The reactor purges what was in the trash for long enough."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from commands.work import Work
from domain.asset import Asset


@dataclass(frozen=True)
class PurgeTrashed:
    """The item whose time in the trash ends at `purge_at`."""

    asset_id: UUID
    purge_at: datetime


def handle(command: PurgeTrashed, work: Work) -> None:
    """Ask for the deletion. Raises `AssetNotAvailable` where it was fetched back meanwhile."""
    asset = work.load(Asset, command.asset_id)
    asset.empty_trash(command.purge_at, at=work.now)
    work.save(asset)
