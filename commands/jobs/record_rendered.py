"""A worker reports that an attempt's work lies in quarantine."""

from dataclasses import dataclass
from uuid import UUID, uuid5

import msgspec

from commands.jobs.late import ReportLate, ReportTaken, discard
from commands.jobs.parties import still_authorised, twin_of
from commands.work import Work
from domain import object_keys
from domain.job import Job
from domain.job_kinds import job_kind
from domain.job_state import AdapterFile, JobOutput
from domain.refusals import JobEnded, StaleResult


@dataclass(frozen=True)
class RecordRendered:
    """What was uploaded. `adapter` comes with a training and with nothing else.

    So do its earlier `checkpoints`, in the order of the places that were granted for them.
    """

    job_id: UUID
    attempt: int
    claim_id: UUID
    outputs: tuple[JobOutput, ...]
    adapter: AdapterFile | None = None
    checkpoints: tuple[AdapterFile, ...] = ()


def rendered_key(claim_id: UUID) -> UUID:
    """One report per claim, however often it is delivered."""
    return uuid5(claim_id, "rendered")


def handle(command: RecordRendered, work: Work) -> ReportTaken | ReportLate:
    """Take the work of the current attempt, claim and epoch; have all other work deleted."""
    job = work.load(Job, command.job_id)
    twin = twin_of(work, job)
    try:
        if not still_authorised(work, job, twin):
            raise StaleResult()
        job.record_rendered(
            command.attempt,
            command.claim_id,
            tuple(_granted(command, job, output) for output in command.outputs),
            None if command.adapter is None else _granted_adapter(command, command.adapter),
            checkpoints=_granted_checkpoints(command, job),
            at=work.now,
        )
    except (JobEnded, StaleResult):
        withdrawn = not still_authorised(work, job, twin)
        return discard(job, command.attempt, command.claim_id, work, withdrawn=withdrawn)
    work.save(job, unchanged=[] if twin is None else [twin])
    return ReportTaken()


def _granted(command: RecordRendered, job: Job, output: JobOutput) -> JobOutput:
    # Key and media type are those that were granted, not those reported: a worker could name
    # another's, and what is written there is looked at as what was asked for. So a picture has no
    # frames, whatever is said of it.
    kind = job_kind(job.kind)
    raw = kind.raw
    frames = None if kind.clip_length(job.settings) is None else output.frames
    key = object_keys.quarantine_item_key(
        command.job_id, command.attempt, command.claim_id, output.item, suffix=raw.suffix
    )
    return msgspec.structs.replace(output, object_key=key, media_type=raw.media_type, frames=frames)


def _granted_adapter(command: RecordRendered, adapter: AdapterFile) -> AdapterFile:
    key = object_keys.quarantine_adapter_key(command.job_id, command.attempt, command.claim_id)
    return msgspec.structs.replace(adapter, object_key=key)


def _granted_checkpoints(command: RecordRendered, job: Job) -> tuple[AdapterFile, ...]:
    if not job_kind(job.kind).delivers_adapter:
        return ()
    claim = (command.job_id, command.attempt, command.claim_id)
    return tuple(
        msgspec.structs.replace(
            checkpoint, object_key=object_keys.quarantine_checkpoint_key(*claim, number)
        )
        for number, checkpoint in enumerate(command.checkpoints)
    )
