"""Deletion of a twin's objects requested → delete them and report it."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.reactions.reaction import Intended
from domain.twin import Twin


def react(event: Twin.DeletionRequested, owner_id: UUID) -> tuple[Intended, ...]:
    """Everything that the event names, to be reported as done for its twin; once more later.

    Not where a later consent may write to the same places, as to those of older events.
    """
    now = DeleteObjects(places=event.prefixes, twin_id=event.originator_id, for_good=event.for_good)
    if not event.for_good:
        return (Intended(now),)
    later = DeleteObjects(places=event.prefixes, for_good=True)
    return (Intended(now), Intended(later, "later", due_at=event.timestamp + LATEST_WRITE))
