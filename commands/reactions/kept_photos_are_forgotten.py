"""Photos kept of a refused set → let them go once their time is over; let go → delete them."""

from uuid import UUID

from commands.reactions.deleted_for_good import deleted_for_good
from commands.reactions.reaction import Intended
from commands.twin.forget_kept_photos import ForgetKeptPhotos
from domain.time_limits import GOOD_PHOTOS_KEPT_MAX
from domain.twin import Twin


def after_refusal(event: Twin.PhotosRejected, owner_id: UUID) -> tuple[Intended, ...] | None:
    """Refused where another set was judged meanwhile: what was kept then waits for its own end."""
    if not event.kept:
        return None
    forget = ForgetKeptPhotos(event.originator_id, event.submission_id)
    return (Intended(forget, due_at=event.timestamp + GOOD_PHOTOS_KEPT_MAX),)


def after_forgetting(event: Twin.KeptPhotosForgotten, owner_id: UUID) -> tuple[Intended, ...]:
    """Faces that nobody came back for."""
    return deleted_for_good(event.places, since=event.timestamp)
