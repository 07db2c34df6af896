"""Purge requested → delete every file of it, report it, and look once more later."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects, PurgeObject
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.reactions.reaction import Intended
from domain.asset import Asset


def react(event: Asset.PurgeRequested, owner_id: UUID) -> tuple[Intended, ...]:
    """A screener whose report went astray may write the released files again."""
    purge = PurgeObject(event.originator_id, event.object_key)
    later = DeleteObjects(purge.places, for_good=True)
    return (
        Intended(purge),
        Intended(later, "later", due_at=event.timestamp + LATEST_WRITE),
    )
