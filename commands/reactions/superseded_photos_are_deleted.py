"""A set takes the place of one that still waited → delete the one that waited."""

from uuid import UUID

from commands.reactions.deleted_for_good import deleted_for_good
from commands.reactions.reaction import Intended
from domain.twin import Twin


def react(event: Twin.PhotosSubmitted, owner_id: UUID) -> tuple[Intended, ...] | None:
    """All of it: nobody will judge it any more."""
    if event.supersedes is None:
        return None
    return deleted_for_good(event.supersedes.all, since=event.timestamp)
