"""How a command finds its owner's packs, and the items of one that are in sight."""

from collections.abc import Iterable
from uuid import UUID

from commands.work import Work
from domain.asset import Asset
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import publish_packs_id
from domain.person import Person
from domain.publish_pack import PublishPacks
from domain.refusals import StaleResult
from domain.twin import Twin


def own_packs(work: Work) -> PublishPacks:
    """Raises `StaleResult` where nobody ever asked for one."""
    found = work.find(PublishPacks, publish_packs_id(work.owner_id))
    if found is None:
        raise StaleResult()
    return found


def in_sight(work: Work, asset_ids: Iterable[UUID]) -> tuple[frozenset[UUID], list[Aggregate]]:
    """Which of these items their owner has before them, and what that rests on.

    Nothing that whoever was found to be under age had kept: it is out of their sight, too.
    """
    shown: set[UUID] = set()
    person = work.load(Person, work.owner_id)
    rests_on: dict[UUID, Aggregate] = {person.id: person}
    for asset_id in asset_ids:
        asset = work.load(Asset, asset_id)
        twin = None if asset.twin_id is None else work.load(Twin, asset.twin_id)
        if not person.under_age and asset.is_shown(None if twin is None else twin.consent_in_force):
            shown.add(asset_id)
        rests_on[asset.id] = asset
        if twin is not None:
            rests_on[twin.id] = twin
    return frozenset(shown), list(rests_on.values())
