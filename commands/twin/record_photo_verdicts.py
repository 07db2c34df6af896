"""The photo gate has judged a set."""

from dataclasses import dataclass
from uuid import UUID, uuid5

import msgspec

from commands.work import Work
from domain.photo_set import PhotoVerdict, SetFlaw
from domain.refusals import StaleResult
from domain.twin import Twin


@dataclass(frozen=True)
class RecordPhotoVerdicts:
    """One verdict per photo and the flaws of the set. `analyser` names model and version."""

    twin_id: UUID
    submission_id: UUID
    verdicts: tuple[PhotoVerdict, ...]
    set_flaws: tuple[SetFlaw, ...]
    analyser: str


class PhotoVerdictsRecorded(msgspec.Struct, frozen=True, tag="taken"):
    """Whether the twin may be trained on this set, now or since before."""

    twin_id: UUID
    submission_id: UUID
    accepted: bool


class PhotoVerdictsLate(msgspec.Struct, frozen=True, tag="late"):
    """Nobody waits for this set any more. Whoever ended it had its places deleted, twice."""

    twin_id: UUID
    submission_id: UUID


def photo_verdicts_key(submission_id: UUID, claim_id: UUID) -> UUID:
    """One report per claim, however often it is delivered."""
    return uuid5(submission_id, f"{claim_id}:verdicts")


def handle(command: RecordPhotoVerdicts, work: Work) -> PhotoVerdictsRecorded | PhotoVerdictsLate:
    """Record the verdicts, unless nobody waits for the set any more."""
    twin = work.load(Twin, command.twin_id)
    submission = command.submission_id
    if _is_accepted(twin, submission):
        return PhotoVerdictsRecorded(twin.id, submission, accepted=True)
    try:
        twin.record_photo_verdicts(
            submission, command.verdicts, command.set_flaws, command.analyser, at=work.now
        )
    except StaleResult:
        return PhotoVerdictsLate(twin.id, submission)
    work.save(twin)
    return PhotoVerdictsRecorded(twin.id, submission, accepted=_is_accepted(twin, submission))


def _is_accepted(twin: Twin, submission_id: UUID) -> bool:
    accepted = twin.accepted
    return accepted is not None and accepted.submission_id == submission_id
