"""Photos rejected → delete all of the set: somebody else may be in it."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.twin.places import places_of_submission
from domain.twin import Twin


def react(event: Twin.PhotosRejected, owner_id: UUID) -> DeleteObjects:
    """Uploads, clean copies and what was measured on them."""
    places = places_of_submission(owner_id, event.originator_id, event.submission_id)
    return DeleteObjects(places=places)
