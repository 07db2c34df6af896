"""Uploads planned → forget them once their time is over, unless they are submitted by then."""

from uuid import UUID

from commands.reactions.deleted_for_good import deleted_for_good
from commands.reactions.reaction import Intended
from commands.twin.forget_uploads import ForgetUploads
from domain.time_limits import UPLOADS_OPEN_MAX
from domain.twin import Twin


def after_planning(event: Twin.UploadsPlanned, owner_id: UUID) -> tuple[Intended, ...]:
    """Refused where they were submitted, which is as well."""
    forget = ForgetUploads(event.originator_id, event.submission_id)
    return (Intended(forget, due_at=event.timestamp + UPLOADS_OPEN_MAX),)


def after_forgetting(event: Twin.UploadsForgotten, owner_id: UUID) -> tuple[Intended, ...]:
    """Whatever was uploaded of them goes."""
    return deleted_for_good((event.places.uploads,), since=event.timestamp)
