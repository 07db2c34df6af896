"""Purge requested → delete the picture and report it."""

from uuid import UUID

from commands.reactions.deeds import PurgeObject
from domain.asset import Asset


def react(event: Asset.PurgeRequested, owner_id: UUID) -> PurgeObject:
    """The event names the object, to be reported as gone for its asset."""
    return PurgeObject(asset_id=event.originator_id, object_key=event.object_key)
