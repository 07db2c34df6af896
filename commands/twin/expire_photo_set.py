"""A photo set has waited to be judged for as long as one may."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.photo_set import SetFlaw
from domain.twin import Twin


@dataclass(frozen=True)
class ExpirePhotoSet:
    """Nobody could judge this set in its time."""

    twin_id: UUID
    submission_id: UUID


class PhotoSetExpired(msgspec.Struct, frozen=True):
    """The set was refused as not judged, and its photos are deleted."""

    submission_id: UUID


def handle(command: ExpirePhotoSet, work: Work) -> PhotoSetExpired:
    """Refuse the set if it still waits. Raises `StaleResult` otherwise."""
    twin = work.load(Twin, command.twin_id)
    twin.record_photo_verdicts(
        command.submission_id, (), (SetFlaw.NOT_JUDGED,), analyser="", at=work.now
    )
    work.save(twin)
    return PhotoSetExpired(command.submission_id)
