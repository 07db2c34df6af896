"""Planned uploads are given up: by their owner, or because their time is over."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class ForgetUploads:
    """What was uploaded of this set is deleted, and what still comes is refused."""

    twin_id: UUID
    submission_id: UUID


def handle(command: ForgetUploads, work: Work) -> None:
    """Give a plan up. Raises `UploadsNotPlanned` where it was submitted or is over."""
    twin = work.load(Twin, command.twin_id)
    twin.forget_uploads(command.submission_id, at=work.now)
    work.save(twin)
