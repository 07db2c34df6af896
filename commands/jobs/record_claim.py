"""A worker wants to start an attempt: it is given the work, or told why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from commands.jobs.claims import ClaimDenial, ClaimDenied, claimed_job
from commands.jobs.end_without_source import TO_READ, end_without_source
from commands.jobs.grants.granted import Grant, grant_of
from commands.jobs.parties import load_parties
from commands.jobs.sources import sources_hold
from commands.work import Work
from domain.engines import engine
from domain.refusals import AlreadyDecided, StaleResult


@dataclass(frozen=True)
class RecordClaim:
    """`claim_id` is the worker's own and new for every try."""

    job_id: UUID
    attempt: int
    claim_id: UUID
    worker: str


class ClaimGranted(msgspec.Struct, frozen=True, tag="granted"):
    """The claim holds until `deadline`. Keys are to be presigned; nothing here is personal text."""

    job_id: UUID
    attempt: int
    claim_id: UUID
    worker: str
    owner_id: UUID
    twin_id: UUID | None
    engine: str
    deadline: datetime
    work: Grant
    epoch: int | None = None


def claim_key(claim_id: UUID) -> UUID:
    """One command per claim, however often it is heard."""
    return uuid5(claim_id, "claim")


def handle(command: RecordClaim, work: Work) -> ClaimGranted | ClaimDenied:
    """Give the attempt to the first claim. The same claim again gets the same grant.

    A job whose picture to begin with is out of sight ends here, and costs nothing.

    The save names the twin: whoever withdraws consent meanwhile wins. An answer that was stored
    earlier may be out of date; `ReadPrompt`, asked before every grant is sent, says whether it is.
    """
    found = claimed_job(work, command.job_id)
    if isinstance(found, ClaimDenied):
        return found
    job, twin = found
    if job.state in TO_READ and not sources_hold(work, job):
        end_without_source(load_parties(work, job.id), work)
        return ClaimDenied(ClaimDenial.JOB_ENDED)
    deadline = work.now + timedelta(seconds=engine(job.engine).attempt_limit_s[job.kind])
    try:
        job.start(command.attempt, command.claim_id, command.worker, deadline, at=work.now)
    except AlreadyDecided:
        return ClaimDenied(ClaimDenial.CLAIMED_BY_ANOTHER)
    except StaleResult:
        return ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    work.save(job, unchanged=[] if twin is None else [twin])
    return ClaimGranted(
        job_id=job.id,
        attempt=command.attempt,
        claim_id=command.claim_id,
        worker=command.worker,
        owner_id=job.owner_id,
        twin_id=job.twin_id,
        engine=job.engine,
        deadline=job.deadline or deadline,
        work=grant_of(job, twin, command.claim_id),
        epoch=job.epoch,
    )
