"""The photo gate has judged a set."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.jobs.late import ReportLate, ReportTaken
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


def photo_verdicts_key(submission_id: UUID, claim_id: UUID) -> UUID:
    """One report per claim, however often it is delivered."""
    return uuid5(submission_id, f"{claim_id}:verdicts")


def handle(command: RecordPhotoVerdicts, work: Work) -> ReportTaken | ReportLate:
    """Record the verdicts, unless nobody waits for the set any more.

    Whoever ended it had its places deleted, twice: a late report leaves nothing to delete.
    """
    twin = work.load(Twin, command.twin_id)
    submission, accepted = command.submission_id, twin.accepted
    if accepted is not None and accepted.submission_id == submission:
        return ReportTaken()
    try:
        twin.record_photo_verdicts(
            submission, command.verdicts, command.set_flaws, command.analyser, at=work.now
        )
    except StaleResult:
        return ReportLate()
    work.save(twin)
    return ReportTaken()
