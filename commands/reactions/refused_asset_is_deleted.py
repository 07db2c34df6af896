"""Picture refused → delete the signed copy, where the screener had written one."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from domain import object_keys
from domain.asset import Asset


def react(event: Asset.Refused, owner_id: UUID) -> DeleteObjects:
    """Nothing of a refused output is kept."""
    return DeleteObjects(places=(object_keys.gallery_key(owner_id, event.originator_id),))
