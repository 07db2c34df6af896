"""Whether a photo to begin with may be uploaded now."""

from dataclasses import dataclass
from uuid import UUID

from commands.source_photos.own_source_photos import own_source_photos
from commands.work import Work
from domain.refusals import UploadsNotPlanned
from domain.source_photos import is_covered
from domain.twin import Twin


@dataclass(frozen=True)
class ReadSourcePlan:
    """A question: asked with `Studio.preview` before a form is given out, the first time and later.

    `PlanSourcePhoto` answers under its key what it answered once, also when that is over.
    """

    photo_id: UUID


def handle(question: ReadSourcePlan, work: Work) -> None:
    """Raises `UploadsNotPlanned` for one that was submitted, forgotten or lost its consent."""
    photo = own_source_photos(work).require_planned(question.photo_id)
    if not is_covered(photo, work.load(Twin, photo.twin_id)):
        raise UploadsNotPlanned()
