"""Newer bytes took the place of others → delete those once whoever began to read them is done."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.reactions.deleted_for_good import LATEST_WRITE
from commands.reactions.reaction import Intended
from domain.twin import Twin


def react(event: Twin.PlacesGaveWay, owner_id: UUID) -> tuple[Intended, ...]:
    """A job that was granted a moment before may be loading the adapter that was replaced."""
    deletion = DeleteObjects(places=event.places, for_good=True)
    return (Intended(deletion, due_at=event.timestamp + LATEST_WRITE),)
