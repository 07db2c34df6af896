"""Photos accepted → delete the uploads: the clean copies are all that is needed."""

from uuid import UUID

from commands.reactions.deleted_for_good import deleted_for_good
from commands.reactions.reaction import Intended
from domain.photo_places import first_places
from domain.twin import Twin


def react(event: Twin.PhotosAccepted, owner_id: UUID) -> tuple[Intended, ...]:
    """The originals may hold where and when they were taken."""
    places = event.places or first_places(owner_id, event.originator_id, event.submission_id)
    return deleted_for_good((places.uploads,), since=event.timestamp)
