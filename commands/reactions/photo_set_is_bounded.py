"""Photos submitted → refuse the set once its time is over, where nobody has judged it by then."""

from uuid import UUID

from commands.reactions.reaction import Intended
from commands.twin.expire_photo_set import ExpirePhotoSet
from domain.time_limits import PHOTO_SET_OPEN_MAX
from domain.twin import Twin


def react(event: Twin.PhotosSubmitted, owner_id: UUID) -> tuple[Intended, ...]:
    """Its owner is told and may choose the photos anew, and no face waits in the store for ever."""
    expiry = ExpirePhotoSet(event.originator_id, event.submission_id)
    return (Intended(expiry, due_at=event.timestamp + PHOTO_SET_OPEN_MAX),)
