"""A photo set has waited to be judged for as long as one may."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.photo_set import SetFlaw
from domain.twin import Twin


@dataclass(frozen=True)
class ExpirePhotoSet:
    """Nobody could judge this set in its time."""

    twin_id: UUID
    submission_id: UUID


def handle(command: ExpirePhotoSet, work: Work) -> None:
    """Refuse the set if it still waits. Raises `StaleResult` otherwise."""
    twin = work.load(Twin, command.twin_id)
    twin.record_photo_verdicts(
        command.submission_id, (), (SetFlaw.NOT_JUDGED,), analyser="", at=work.now
    )
    work.save(twin)
