"""Photos accepted → delete the uploads: the clean copies are all that is needed."""

from uuid import UUID

from commands.reactions.deeds import DeleteObjects
from commands.twin.places import uploads_of_submission
from domain.twin import Twin


def react(event: Twin.PhotosAccepted, owner_id: UUID) -> DeleteObjects:
    """The originals may hold where and when they were taken."""
    uploads = uploads_of_submission(owner_id, event.originator_id, event.submission_id)
    return DeleteObjects(places=(uploads,))
