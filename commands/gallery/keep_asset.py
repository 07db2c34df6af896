"""A creator keeps a picture that a withdrawal had hidden."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.asset import Asset
from domain.person import Person
from domain.twin import Twin


@dataclass(frozen=True)
class KeepAsset:
    """Show it again."""

    asset_id: UUID


def handle(command: KeepAsset, work: Work) -> None:
    """Keep it. Raises `NotFound`, `AssetNotAvailable`, also for a reported one, and `UnderAge`.

    Nobody who was found to be under age brings a picture of theirs back into sight.
    """
    person = work.load(Person, work.owner_id)
    person.require_not_under_age()
    asset = work.load(Asset, command.asset_id)
    twin = None if asset.twin_id is None else work.load(Twin, asset.twin_id)
    asset.keep(None if twin is None else twin.consent_in_force, at=work.now)
    work.save(asset, unchanged=[person] if twin is None else [person, twin])
