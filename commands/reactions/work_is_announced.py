"""Work waits → announce it to those who do it. Its target names it until it is over."""

from uuid import UUID

from commands.reactions.deeds import SOURCE_PHOTO, AnnounceWork, WorkKind
from commands.reactions.reaction import Intended
from domain.job import Job
from domain.job_kinds import JOB_KINDS
from domain.source_photos import SourcePhotos
from domain.twin import Twin

WORK_KINDS = {kind: WorkKind(entry.consumer) for kind, entry in JOB_KINDS.items()}
"""Who does the work of a kind of job."""


def attempt_of(job_id: UUID) -> str:
    """The target of a job's attempt: one waits at a time."""
    return f"attempt:{job_id}"


def screening_of(job_id: UUID) -> str:
    """The target of the screening of a job's outputs: one waits at a time."""
    return f"screening:{job_id}"


def photos_of(twin_id: UUID) -> str:
    """The target of the judgement of a twin's photos: the newest set alone waits."""
    return f"photos:{twin_id}"


def source_photo_of(photo_id: UUID) -> str:
    """The target of the judgement of a photo to begin with."""
    return f"source-photo:{photo_id}"


def publish_pack_of(pack_id: UUID) -> str:
    """The target of the making of a pack."""
    return f"publish-pack:{pack_id}"


def first_attempt(event: Job.Requested, owner_id: UUID) -> tuple[Intended, ...]:
    """The batch key is the event's: an engine that left the catalogue stops nothing here."""
    return _attempt(1, event, owner_id, items=len(event.items))


def next_attempt(event: Job.AttemptOpened, owner_id: UUID) -> tuple[Intended, ...]:
    """As for the first one, but that it is done alone: what failed harms nobody a second time."""
    return _attempt(event.attempt, event, owner_id, items=None)


def screening(event: Job.Rendered | Job.ScreeningOpened, owner_id: UUID) -> tuple[Intended, ...]:
    """Which engine made the outputs, the grant says."""
    work = AnnounceWork(
        kind=WorkKind.SCREENING,
        job_id=event.originator_id,
        attempt=event.attempt,
        engine="",
        batch_key="outputs",
        owner_id=owner_id,
        twin_id=None,
    )
    return (Intended(work, target=screening_of(event.originator_id)),)


def photos(event: Twin.PhotosSubmitted, owner_id: UUID) -> tuple[Intended, ...]:
    """A set is judged as attempt 1 of the job whose id is the submission's."""
    work = AnnounceWork(
        kind=WorkKind.SCREENING,
        job_id=event.submission_id,
        attempt=1,
        engine=event.engine,
        batch_key="photos",
        owner_id=owner_id,
        twin_id=event.originator_id,
    )
    return (Intended(work, target=photos_of(event.originator_id)),)


def source_photo(event: SourcePhotos.Submitted, owner_id: UUID) -> tuple[Intended, ...]:
    """A photo to begin with is judged as attempt 1 of the job whose id is the photo's."""
    work = AnnounceWork(
        kind=WorkKind.SCREENING,
        job_id=event.photo_id,
        attempt=1,
        engine=event.engine,
        batch_key=SOURCE_PHOTO,
        owner_id=owner_id,
        twin_id=event.twin_id,
    )
    return (Intended(work, target=source_photo_of(event.photo_id)),)


def _attempt(
    attempt: int, event: Job.Requested | Job.AttemptOpened, owner_id: UUID, *, items: int | None
) -> tuple[Intended, ...]:
    work = AnnounceWork(
        kind=WORK_KINDS[event.kind],
        job_id=event.originator_id,
        attempt=attempt,
        engine=event.engine,
        batch_key=event.batch_key,
        owner_id=owner_id,
        twin_id=event.twin_id,
        items=items,
    )
    return (Intended(work, target=attempt_of(event.originator_id)),)
