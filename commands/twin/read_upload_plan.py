"""Whether photos of a planned set may be uploaded now."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class ReadUploadPlan:
    """A question: asked with `Studio.preview` before forms are given out, the first time and later.

    `PlanPhotoUploads` answers under its key what it answered once, also when that is over.
    """

    twin_id: UUID
    submission_id: UUID


class UploadPlanOpen(msgspec.Struct, frozen=True):
    """Forms for this set may be given out."""

    submission_id: UUID


def handle(question: ReadUploadPlan, work: Work) -> UploadPlanOpen:
    """Raises `UploadsNotPlanned` for a set that was submitted, forgotten or lost its consent."""
    twin = work.load(Twin, question.twin_id)
    twin.require_planned(question.submission_id)
    return UploadPlanOpen(question.submission_id)
