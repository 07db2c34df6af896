"""Photos rejected → delete what was not kept; mostly all of the set: others may be in it."""

from uuid import UUID

from commands.reactions.deleted_for_good import deleted_for_good
from commands.reactions.reaction import Intended
from domain.photo_places import first_places
from domain.twin import Twin


def react(event: Twin.PhotosRejected, owner_id: UUID) -> tuple[Intended, ...]:
    """Uploads, clean copies and what was measured on them.

    Where single photos were flawed, the good ones stay for the next set.
    """
    if event.kept:
        return deleted_for_good(event.discarded, since=event.timestamp)
    places = event.places or first_places(owner_id, event.originator_id, event.submission_id)
    return deleted_for_good(places.all, since=event.timestamp)
