"""The screener wants to screen the outputs of an attempt."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.claims import ClaimDenial, ClaimDenied, claimed_job
from commands.work import Work
from domain import object_keys
from domain.engines import engine
from domain.job import Job
from domain.job_input import InputRole, JobInput, input_of
from domain.job_kinds import AnyKind, job_kind
from domain.job_state import JobItem, JobOutput
from domain.kernel.identity import POLICY_ID
from domain.policy import Policy
from domain.rating import Rating
from domain.refusals import RatingNotAllowed
from domain.rendition import RenditionRole
from domain.twin import Twin
from domain.twin_state import TrainedAdapter


@dataclass(frozen=True)
class ClaimScreening:
    """A question: asked with `Studio.preview`, anew for every claim.

    Nothing is recorded, so a screener that dies blocks nobody. Two screeners of one attempt read
    the same quarantine; the first report counts.
    """

    job_id: UUID
    attempt: int
    claim_id: UUID


class FilePlace(msgspec.Struct, frozen=True):
    """Where one file of an output is to be written."""

    role: RenditionRole
    object_key: str


class ScreenedItemGrant(msgspec.Struct, frozen=True):
    """One output in quarantine and the places of its files; `gallery_key` is the master's.

    `source_id` is the gallery item that it was made from: its files say so. Of one that was made
    from an uploaded photo they say only that.
    """

    item: int
    asset_id: UUID
    quarantine_key: str
    gallery_key: str
    sha256: str
    media_type: str
    others: tuple[FilePlace, ...] = ()
    source_id: UUID | None = None
    from_own_photo: bool = False


class ClipGrant(msgspec.Struct, frozen=True):
    """What a clip has to be. Its end may be cut while `frames_min` of its frames are left."""

    frames: int
    frame_rate: int
    frames_min: int


class AdapterGrant(msgspec.Struct, frozen=True):
    """A trained adapter in quarantine and its place once it is checked."""

    quarantine_key: str
    adapter_key: str
    rank: int


class CheckpointGrant(msgspec.Struct, frozen=True):
    """An earlier checkpoint's adapter in quarantine and its place once it is checked."""

    step: int
    quarantine_key: str
    adapter_key: str


class ScreeningGranted(msgspec.Struct, frozen=True, tag="granted"):
    """What to screen and with which checks. `template_key` is None for a job without a twin.

    The report has to name `screening`: one that was given up meanwhile counts no more.
    """

    job_id: UUID
    attempt: int
    screening: int
    owner_id: UUID
    engine: str
    rating: Rating
    required_checks: tuple[str, ...]
    outputs: tuple[ScreenedItemGrant, ...]
    template_key: str | None
    adapter: AdapterGrant | None
    clip: ClipGrant | None = None
    checkpoints: tuple[CheckpointGrant, ...] = ()


def handle(question: ClaimScreening, work: Work) -> ScreeningGranted | ClaimDenied:
    """The work for an attempt that is rendered and not screened, while its consent is in force.

    Where the policy has no row any more, no check is required and the release refuses everything.
    """
    found = claimed_job(work, question.job_id)
    if isinstance(found, ClaimDenied):
        return found
    job, twin = found
    if job.attempt != question.attempt or not job.awaits_screening:
        return ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    kind = job_kind(job.kind)
    items = {item.item: item for item in job.items}
    source = input_of(job.inputs, InputRole.SOURCE)
    return ScreeningGranted(
        job_id=job.id,
        attempt=question.attempt,
        screening=job.screening,
        owner_id=job.owner_id,
        engine=job.engine,
        rating=job.rating,
        required_checks=_required_checks(job, kind, work),
        outputs=tuple(
            _item(items[output.item], output, kind, question.claim_id, source)
            for output in job.outputs
        ),
        template_key=_template_key(job, twin),
        adapter=_adapter(job, question.claim_id),
        clip=_clip(job),
        checkpoints=_checkpoints(job, question.claim_id),
    )


def _required_checks(job: Job, kind: AnyKind, work: Work) -> tuple[str, ...]:
    try:
        row = work.load_shared(Policy, POLICY_ID).row(job.engine, job.rating, kind.screening)
    except RatingNotAllowed:
        return ()
    return row.checks_for(job.twin_id)


def _item(
    item: JobItem, output: JobOutput, kind: AnyKind, claim_id: UUID, source: JobInput | None
) -> ScreenedItemGrant:
    return ScreenedItemGrant(
        item=item.item,
        asset_id=item.asset_id,
        quarantine_key=output.object_key,
        gallery_key=object_keys.gallery_key(item.asset_id, claim_id),
        sha256=output.sha256,
        media_type=output.media_type,
        others=tuple(
            FilePlace(role, object_keys.gallery_key(item.asset_id, claim_id, role))
            for role in kind.roles
            if role is not RenditionRole.MASTER
        ),
        source_id=None if source is None else source.asset_id,
        from_own_photo=source is not None and source.upload_id is not None,
    )


def _clip(job: Job) -> ClipGrant | None:
    length = job_kind(job.kind).clip_length(job.settings)
    return None if length is None else ClipGrant(*length)


def _template_key(job: Job, twin: Twin | None) -> str | None:
    """The face to compare with: that of the set the adapter was trained on."""
    if twin is None:
        return None
    submission = job.submission_id or _learnt(job, twin).submission_id
    return None if submission is None else twin.places_of(submission).template


def _learnt(job: Job, twin: Twin) -> TrainedAdapter:
    entry = engine(job.engine)
    has_source = input_of(job.inputs, InputRole.SOURCE) is not None
    if entry.keeps(job.kind, has_source=has_source):
        return twin.known_by(entry)
    return twin.adapter(entry.id)


def _adapter(job: Job, claim_id: UUID) -> AdapterGrant | None:
    if job.adapter is None or job.twin_id is None or job.epoch is None:
        return None
    return AdapterGrant(
        quarantine_key=job.adapter.object_key,
        adapter_key=object_keys.adapter_key(job.twin_id, job.epoch, job.id, claim_id),
        rank=job.adapter.rank,
    )


def _checkpoints(job: Job, claim_id: UUID) -> tuple[CheckpointGrant, ...]:
    if job.twin_id is None or job.epoch is None:
        return ()
    place = (job.twin_id, job.epoch, job.id, claim_id)
    return tuple(
        CheckpointGrant(one.step, one.object_key, object_keys.checkpoint_key(*place, one.step))
        for one in job.checkpoints
    )
