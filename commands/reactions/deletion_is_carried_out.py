"""Deletion of a twin's objects requested → delete them and report it."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from domain.twin import Twin


def react(event: Twin.DeletionRequested, owner_id: UUID) -> DeleteObjects:
    """Everything that the event names, to be reported as done for its twin."""
    return DeleteObjects(places=event.prefixes, twin_id=event.originator_id)
