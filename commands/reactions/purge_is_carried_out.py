"""Purge requested → delete the picture, report it, and look once more later."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects, PurgeObject
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.reactions.reaction import Intended
from domain.asset import Asset


def react(event: Asset.PurgeRequested, owner_id: UUID) -> tuple[Intended, ...]:
    """A screener whose report went astray may write the released copy again."""
    later = DeleteObjects((event.object_key,), for_good=True)
    return (
        Intended(PurgeObject(event.originator_id, event.object_key)),
        Intended(later, "later", due_at=event.timestamp + LATEST_WRITE),
    )
