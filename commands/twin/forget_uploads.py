"""Planned uploads are given up: by their owner, or because their time is over."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class ForgetUploads:
    """What was uploaded of this set is deleted, and what still comes is refused."""

    twin_id: UUID
    submission_id: UUID


class UploadsForgotten(msgspec.Struct, frozen=True):
    """The set cannot be submitted any more."""

    submission_id: UUID


def handle(command: ForgetUploads, work: Work) -> UploadsForgotten:
    """Give a plan up. Raises `UploadsNotPlanned` where it was submitted or is over."""
    twin = work.load(Twin, command.twin_id)
    twin.forget_uploads(command.submission_id, at=work.now)
    work.save(twin)
    return UploadsForgotten(command.submission_id)
