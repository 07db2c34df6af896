"""A worker wants to start an attempt: it is given the work, or told why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from commands.jobs.claims import ClaimDenial, ClaimDenied, claimed_job
from commands.work import Work
from domain import object_keys
from domain.engines import engine
from domain.job import Job
from domain.refusals import AlreadyDecided, StaleResult
from domain.settings import ImageSettings, TrainingSettings
from domain.twin import Twin


@dataclass(frozen=True)
class RecordClaim:
    """`claim_id` is the worker's own and new for every try."""

    job_id: UUID
    attempt: int
    claim_id: UUID
    worker: str


class GrantedItem(msgspec.Struct, frozen=True):
    """One picture: its seed and the place in quarantine where its PNG goes."""

    item: int
    seed: int
    upload_key: str


class GrantedPhoto(msgspec.Struct, frozen=True):
    """One clean photo to learn from."""

    photo_id: UUID
    object_key: str


class GrantedAdapter(msgspec.Struct, frozen=True):
    """The LoRA of the twin, as it was delivered."""

    object_key: str
    sha256: str
    size_bytes: int


class ImagesGrant(msgspec.Struct, frozen=True, tag="images"):
    """An image job, all but its prompts: those are read with `ReadPrompt`."""

    settings: ImageSettings
    items: tuple[GrantedItem, ...]
    adapter: GrantedAdapter | None


class TrainingGrant(msgspec.Struct, frozen=True, tag="training"):
    """A twin training. `items` are its samples, in the order of `sample_prompts`."""

    settings: TrainingSettings
    photos: tuple[GrantedPhoto, ...]
    seed: int
    sample_prompts: tuple[str, ...]
    items: tuple[GrantedItem, ...]
    adapter_upload_key: str


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
    work: ImagesGrant | TrainingGrant


def claim_key(claim_id: UUID) -> UUID:
    """One command per claim, however often it is heard."""
    return uuid5(claim_id, "claim")


def handle(command: RecordClaim, work: Work) -> ClaimGranted | ClaimDenied:
    """Give the attempt to the first claim. The same claim again gets the same grant.

    The save names the twin: whoever withdraws consent meanwhile wins. An answer that was stored
    earlier may be out of date; `ReadPrompt`, asked before every grant is sent, says whether it is.
    """
    found = claimed_job(work, command.job_id)
    if isinstance(found, ClaimDenied):
        return found
    job, twin = found
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
        work=_grant(job, twin, command),
    )


def _grant(job: Job, twin: Twin | None, claim: RecordClaim) -> ImagesGrant | TrainingGrant:
    items = tuple(
        GrantedItem(
            item=item.item,
            seed=item.seed,
            upload_key=object_keys.quarantine_item_key(
                job.id, claim.attempt, claim.claim_id, item.item
            ),
        )
        for item in job.items
    )
    if isinstance(job.settings, ImageSettings):
        return ImagesGrant(job.settings, items, _adapter(job, twin))
    return _training_grant(job, twin, job.settings, claim, items)


def _training_grant(
    job: Job,
    twin: Twin | None,
    settings: TrainingSettings,
    claim: RecordClaim,
    items: tuple[GrantedItem, ...],
) -> TrainingGrant:
    return TrainingGrant(
        settings=settings,
        photos=_photos(job, twin),
        seed=items[0].seed,
        sample_prompts=engine(job.engine).training.sample_prompts,
        items=items,
        adapter_upload_key=object_keys.quarantine_adapter_key(
            job.id, claim.attempt, claim.claim_id
        ),
    )


def _photos(job: Job, twin: Twin | None) -> tuple[GrantedPhoto, ...]:
    if twin is None or job.submission_id is None:
        return ()
    places = twin.places_of(job.submission_id)
    return tuple(GrantedPhoto(photo, places.clean_photo(photo)) for photo in job.photos)


def _adapter(job: Job, twin: Twin | None) -> GrantedAdapter | None:
    if twin is None:
        return None
    adapter = twin.adapter(job.engine)
    return GrantedAdapter(adapter.object_key, adapter.sha256, adapter.size_bytes)
