"""The screener has judged an attempt: release, charge and deliver in one save, or refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import msgspec

from commands.jobs.ending import settle
from commands.jobs.late import ReportLate
from commands.jobs.opening import policy_of
from commands.jobs.parties import Parties, load_parties, still_authorised
from commands.work import Work
from domain import object_keys
from domain.asset import Asset, RefusalReason, Why
from domain.checks import CheckVerdict, ItemVerdict
from domain.job import Job
from domain.job_kinds import job_kind
from domain.job_state import AdapterFile, JobFailure, JobItem
from domain.kernel.personal_text import PersonalText
from domain.policy import Policy, PolicyRow
from domain.refusals import JobEnded, RatingNotAllowed, StaleResult
from domain.release import RELEASE, refusals_of_checks, release
from domain.rendition import Rendition, RenditionRole


class WrittenFile(msgspec.Struct, frozen=True):
    """One file of an output that was written and verified. Sizes in pixels and milliseconds."""

    role: RenditionRole
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int
    duration_ms: int | None = None


class ScreenedItem(msgspec.Struct, frozen=True):
    """The checks of one output. `sha256` and size are of its master, if there is one.

    `renditions` are all of its files; a screener of before wrote the master alone and says nothing
    of it here. `likeness` is, for each second of a twin's clip, the lowest cosine to its face.
    `thumbnails` are among its files; a screener of before has made none, and no `placeholder`.
    """

    item: int
    checks: tuple[CheckVerdict, ...]
    sha256: str | None = None
    size_bytes: int | None = None
    renditions: tuple[WrittenFile, ...] = ()
    likeness: tuple[float, ...] = ()
    thumbnails: tuple[WrittenFile, ...] = ()
    placeholder: str = ""


class CheckedCheckpoint(msgspec.Struct, frozen=True):
    """The checks of an earlier checkpoint's adapter."""

    step: int
    checks: tuple[CheckVerdict, ...]


@dataclass(frozen=True)
class RecordScreening:
    """Verdicts on an attempt, by the screener's `claim_id`. A training has `adapter_checks`.

    `screening` is the one that was granted. An earlier checkpoint that does not pass is not kept,
    and its training fails as little as one of which nothing is said in `checkpoints`.
    """

    job_id: UUID
    attempt: int
    claim_id: UUID
    outputs: tuple[ScreenedItem, ...]
    adapter_checks: tuple[CheckVerdict, ...] = ()
    screening: int = 1
    checkpoints: tuple[CheckedCheckpoint, ...] = ()


class ScreeningTaken(msgspec.Struct, frozen=True, tag="taken"):
    """The job has ended. What was refused costs nothing."""

    released: tuple[UUID, ...]
    refused: tuple[UUID, ...]
    charged_millicredits: int


def screening_key(claim_id: UUID) -> UUID:
    """One report per claim, however often it is delivered."""
    return uuid5(claim_id, "screened")


def handle(command: RecordScreening, work: Work) -> ScreeningTaken | ReportLate:
    """Release what passed, refuse the rest, charge what was released, deliver the adapter.

    The twin is saved too, so the epoch this rests on is current when the save is made.
    """
    parties = load_parties(work, command.job_id)
    job = parties.job
    try:
        # What a discarded claim has signed is being deleted, whatever it says afterwards.
        if (
            not still_authorised(work, job, parties.twin)
            or command.claim_id in job.discarded_claims
        ):
            raise StaleResult()
        verdicts = [ItemVerdict(screened.item, screened.checks) for screened in command.outputs]
        job.record_screened(command.attempt, verdicts, screening=command.screening, at=work.now)
    except (JobEnded, StaleResult):
        return _late(command, parties, work)
    policy = policy_of(work)
    if job_kind(job.kind).delivers_adapter and not _adapter_passed(command.adapter_checks):
        return _fail_training(command, parties, policy, work)
    assets = [_judged(item, command, parties, policy, work) for item in job.items]
    return _complete(command, parties, assets, policy, work)


def _complete(
    command: RecordScreening, parties: Parties, assets: Sequence[Asset], policy: Policy, work: Work
) -> ScreeningTaken:
    job = parties.job
    released = tuple(asset.id for asset in assets if asset.released)
    refused = tuple(asset.id for asset in assets if not asset.released)
    _deliver_adapter(command, parties, work)
    job.complete(released, refused, delivered_ms=_lengths_ms(assets), at=work.now)
    settle(job, parties.wallet, parties.twin, at=work.now)
    work.save(*parties.all, *assets, unchanged=[policy])
    return ScreeningTaken(released, refused, job.charge_millicredits)


def _lengths_ms(assets: Sequence[Asset]) -> tuple[int, ...]:
    """How long each released clip is; nothing of pictures, which have no length."""
    lengths = (asset.master.duration_ms for asset in assets if asset.released)
    return tuple(length for length in lengths if length is not None)


def _judged(
    item: JobItem,
    command: RecordScreening,
    parties: Parties,
    policy: Policy,
    work: Work,
) -> Asset:
    job = parties.job
    screened = [output for output in command.outputs if output.item == item.item]
    # An item that was reported twice has no verdict that could be relied on.
    [verdict] = screened if len(screened) == 1 else [ScreenedItem(item.item, ())]
    return release(
        item.asset_id,
        owner_id=job.owner_id,
        job_id=job.id,
        item=item.item,
        settings=job.settings,
        engine=job.engine,
        rating=job.rating,
        seed=item.seed,
        twin_id=job.twin_id,
        twin=parties.twin,
        epoch=job.epoch,
        scopes=job.scopes,
        row=_row(policy, job),
        policy_version=policy.policy_version,
        checks=verdict.checks,
        renditions=_renditions(job, item, verdict, command.claim_id),
        likeness=verdict.likeness,
        placeholder=PersonalText(verdict.placeholder) if verdict.placeholder else None,
        at=work.now,
    )


def _renditions(
    job: Job, item: JobItem, verdict: ScreenedItem, claim_id: UUID
) -> tuple[Rendition, ...]:
    """The files, at the places that the claim was granted, whatever its report says of places."""
    return tuple(
        Rendition(
            object_key=object_keys.gallery_key(item.asset_id, claim_id, written.role),
            **msgspec.structs.asdict(written),
        )
        for written in (
            *(verdict.renditions or _master_alone(job, item, verdict)),
            *verdict.thumbnails,
        )
    )


def _master_alone(job: Job, item: JobItem, verdict: ScreenedItem) -> tuple[WrittenFile, ...]:
    rendered = next((output for output in job.outputs if output.item == item.item), None)
    if rendered is None or verdict.sha256 is None or verdict.size_bytes is None:
        return ()
    return (
        WrittenFile(
            RenditionRole.MASTER,
            verdict.sha256,
            verdict.size_bytes,
            rendered.media_type,
            rendered.width,
            rendered.height,
        ),
    )


def _row(policy: Policy, job: Job) -> PolicyRow | None:
    try:
        return policy.row(job.engine, job.rating, job_kind(job.kind).screening)
    except RatingNotAllowed:
        return None


def _adapter_passed(checks: Sequence[CheckVerdict]) -> bool:
    """Whether the adapter was checked at all and nothing speaks against it."""
    return bool(checks) and not refusals_of_checks((), checks, hash_list_age_max_s=0)


def _deliver_adapter(command: RecordScreening, parties: Parties, work: Work) -> None:
    job, twin = parties.job, parties.twin
    if job.adapter is None or twin is None or job.epoch is None:
        return
    key = _adapter_key(command, job)
    if key is None:
        return
    delivered = msgspec.structs.replace(job.adapter, object_key=key)
    others = _checkpoints_passed(command, job)
    twin.deliver_adapter(job.id, job.epoch, delivered, checkpoints=others, at=work.now)


def _checkpoints_passed(command: RecordScreening, job: Job) -> tuple[AdapterFile, ...]:
    """At the places that the screening was granted. One that was judged twice has no verdict."""
    places = _checkpoint_keys(command, job)
    judged = [checked.step for checked in command.checkpoints]
    passed = {
        checked.step
        for checked in command.checkpoints
        if judged.count(checked.step) == 1 and _adapter_passed(checked.checks)
    }
    return tuple(
        msgspec.structs.replace(one, object_key=places[one.step])
        for one in job.checkpoints
        if one.step in passed
    )


def _fail_training(
    command: RecordScreening, parties: Parties, policy: Policy, work: Work
) -> ScreeningTaken:
    job = parties.job
    assets = _refuse_all(job, Why.JOB_ENDED, work)
    job.fail(JobFailure.ADAPTER_REFUSED, at=work.now)
    settle(job, parties.wallet, parties.twin, at=work.now)
    _request_adapter_deletion(command, parties, work)
    work.save(*parties.all, *assets, unchanged=[policy])
    refused = tuple(asset.id for asset in assets)
    return ScreeningTaken((), refused, job.charge_millicredits)


def _late(command: RecordScreening, parties: Parties, work: Work) -> ReportLate:
    """Leave nothing behind of a screening that nobody waits for any more.

    What it signed lies under its own claim: deleting that touches nothing which another one
    released. A job that ended without a result has its outputs refused, too.
    """
    job = parties.job
    if _was_taken(command, parties, work):
        return ReportLate()
    withdrawn = not still_authorised(work, job, parties.twin)
    if withdrawn or (job.ended and not job.released and not job.refused):
        why = Why.EPOCH_NOT_CURRENT if withdrawn else Why.JOB_ENDED
        refused = _refuse_all(job, why, work)
    else:
        refused = []
    if job.leaves_bytes(command.attempt, command.claim_id, signed=True):
        job.discard_result(command.attempt, command.claim_id, at=work.now, signed=True)
        _request_adapter_deletion(command, parties, work)
    twin = [] if parties.twin is None else [parties.twin]
    work.save(job, *refused, *twin)
    return ReportLate()


def _was_taken(command: RecordScreening, parties: Parties, work: Work) -> bool:
    """Whether this very screening ended the job: its copies are those in the gallery."""
    job, twin = parties.job, parties.twin
    for released in job.released:
        key = object_keys.gallery_key(released, command.claim_id)
        if work.load(Asset, released).master.object_key == key:
            return True
    return twin is not None and _adapter_key(command, job) in twin.adapter_places(job.engine)


def _refuse_all(job: Job, why: Why, work: Work) -> list[Asset]:
    return [
        Asset.refuse(
            item.asset_id,
            owner_id=job.owner_id,
            job_id=job.id,
            item=item.item,
            twin_id=job.twin_id,
            kind=job_kind(job.kind).asset_kind,
            reasons=(RefusalReason(RELEASE, why),),
            at=work.now,
        )
        for item in job.items
        if work.find(Asset, item.asset_id) is None
    ]


def _request_adapter_deletion(command: RecordScreening, parties: Parties, work: Work) -> None:
    key, twin = _adapter_key(command, parties.job), parties.twin
    if twin is not None and key is not None:
        places = (key, *_checkpoint_keys(command, parties.job).values())
        twin.request_deletion(places, at=work.now)


def _adapter_key(command: RecordScreening, job: Job) -> str | None:
    """Where this screening wrote the adapter of a training; None for every other job."""
    if not job_kind(job.kind).delivers_adapter or job.twin_id is None or job.epoch is None:
        return None
    return object_keys.adapter_key(job.twin_id, job.epoch, job.id, command.claim_id)


def _checkpoint_keys(command: RecordScreening, job: Job) -> dict[int, str]:
    """Where this screening wrote the earlier checkpoints of a training, by step."""
    if job.twin_id is None or job.epoch is None:
        return {}
    place = (job.twin_id, job.epoch, job.id, command.claim_id)
    return {one.step: object_keys.checkpoint_key(*place, one.step) for one in job.checkpoints}
