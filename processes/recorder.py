"""Turns what workers and screeners report into commands, and claims into grants.

It is the only process that hands out prompts and presigned URLs, and it does so after the save that
gave the claim its right: a repeated claim gets the same grant again.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from msgspec import UnsetType

from commands.jobs.claim_screening import ClaimScreening, ScreeningGranted
from commands.jobs.claims import ClaimDenied
from commands.jobs.read_prompt import PromptText, ReadPrompt
from commands.jobs.record_attempt_failed import RecordAttemptFailed, attempt_failed_key
from commands.jobs.record_claim import (
    ClaimGranted,
    ImagesGrant,
    RecordClaim,
    TrainingGrant,
    claim_key,
)
from commands.jobs.record_rendered import RecordRendered, rendered_key
from commands.jobs.record_screening import RecordScreening, ScreenedItem, screening_key
from commands.ports.event_store import EventStore, OwnerBusy
from commands.ports.object_store import ObjectStore
from commands.studio import Studio
from commands.twin.claim_photo_set import ClaimPhotoSet, PhotoSetGranted
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts, photo_verdicts_key
from domain.checks import CheckVerdict
from domain.job import AdapterFile, AttemptFailure, JobOutput
from domain.kernel.personal_text import Erased, text_or
from domain.kernel.refusal import Refusal
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from domain.refusals import ConsentMissing, JobEnded, NotFound, StaleResult
from domain.screening import SCREENING_LIMIT
from topics.messages.grants import ClaimRefusal, ClaimRefused, JobGranted
from topics.messages.results import (
    CheckResult,
    JobAlive,
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PhotosJudged,
)
from topics.messages.work import (
    Download,
    ImageItem,
    ImageWork,
    OutputsWork,
    OutputToScreen,
    PhotoSetWork,
    PhotoToJudge,
    TrainingPhoto,
    TrainingWork,
    Upload,
    Work,
    WorkKind,
)
from topics.registry import GRANTS, RESULTS, key_of
from topics.transport import Delivery, Publisher

log = structlog.get_logger()

GROUP = "recorder"
TOPIC = RESULTS

DOWNLOAD_LIFETIME_S = 120
PICTURE_SIZE_MAX_BYTES = 32 * 1024 * 1024
ADAPTER_SIZE_MAX_BYTES = 512 * 1024 * 1024
OWNER_TRIES_MAX = 3
"""More would let one owner's reports keep everybody's waiting for longer than a lease."""

SCREENING_DEADLINE_S = SCREENING_LIMIT.total_seconds()
"""Told to the screener only. Outputs are given up by the domain, from the moment they wait."""

_DENIALS: dict[type[Refusal], ClaimRefusal] = {
    JobEnded: ClaimRefusal.JOB_ENDED,
    ConsentMissing: ClaimRefusal.CONSENT_WITHDRAWN,
    StaleResult: ClaimRefusal.STALE_ATTEMPT,
    NotFound: ClaimRefusal.UNKNOWN_JOB,
}


class Recorder:
    """Handles the results topic, one delivery at a time. May see each of them twice."""

    def __init__(
        self,
        studio: Studio,
        store: EventStore,
        objects: ObjectStore,
        publisher: Publisher,
        now_s: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._studio = studio
        self._store = store
        self._objects = objects
        self._publisher = publisher
        self._now_s = now_s
        self._pause = pause

    def handle(self, delivery: Delivery) -> None:
        """Record one report. What the domain refuses is logged and done with.

        An owner who is at work elsewhere is waited for. Raises `OwnerBusy` after
        `OWNER_TRIES_MAX` tries: the report is not done with, and comes again.
        """
        for _ in range(OWNER_TRIES_MAX - 1):
            try:
                return self._handle(delivery)
            except OwnerBusy as busy:
                self._pause(busy.retry_after_s)
        return self._handle(delivery)

    def _handle(self, delivery: Delivery) -> None:
        match delivery.message:
            case JobClaimed() as claim:
                self._answer(claim)
            case JobRendered() as rendered:
                self._record(rendered.job, _rendered(rendered), rendered_key(rendered.claim_id))
            case JobFailed() as failed:
                self._record(failed.job, _failed(failed), attempt_failed_key(failed.claim_id))
            case OutputsScreened() as screened:
                self._record(screened.job, _screened(screened), screening_key(screened.claim_id))
            case PhotosJudged() as judged:
                key = photo_verdicts_key(judged.submission, judged.claim_id)
                self._record(judged.twin, _judged(judged), key)
            case JobAlive():
                # The watchdog listens to these; nothing is stored.
                return
            case _:
                log.warning("unexpected message", kind=type(delivery.message).__name__)

    def _record(self, about: UUID, command: Any, key: UUID) -> None:
        owner = self._store.owner_of(about)
        if owner is None:
            log.warning("report about nothing of ours", command=type(command).__name__)
            return
        try:
            self._studio.execute(command, owner_id=owner, key=key)
        except Refusal as refusal:
            log.info("report refused", command=type(command).__name__, code=refusal.code)

    def _answer(self, claim: JobClaimed) -> None:
        work = self._work_of(claim)
        answer: JobGranted | ClaimRefused
        if isinstance(work, ClaimRefusal):
            answer = ClaimRefused(claim.worker, claim.job, claim.attempt, claim.claim_id, work)
            log.info("claim refused", job=str(claim.job), reason=work.value)
        else:
            answer = work
        self._publisher.publish(GRANTS, key_of(answer), answer)

    def _work_of(self, claim: JobClaimed) -> JobGranted | ClaimRefusal:
        about = claim.twin if claim.kind is WorkKind.SCREENING and claim.twin else claim.job
        owner = self._store.owner_of(about)
        if owner is None:
            return ClaimRefusal.UNKNOWN_JOB
        try:
            if claim.kind is not WorkKind.SCREENING:
                return self._attempt(claim, owner)
            if claim.twin is not None:
                return self._photo_set(claim, claim.twin, owner)
            return self._outputs(claim, owner)
        except Refusal as refusal:
            return _DENIALS.get(type(refusal), ClaimRefusal.STALE_ATTEMPT)

    def _attempt(self, claim: JobClaimed, owner: UUID) -> JobGranted | ClaimRefusal:
        command = RecordClaim(claim.job, claim.attempt, claim.claim_id, claim.worker)
        key = claim_key(claim.claim_id)
        answer = self._studio.execute(command, owner_id=owner, key=key).result
        if isinstance(answer, ClaimDenied):
            return ClaimRefusal(answer.reason.value)
        # The last look at consent before any URL is minted, also for an answer stored earlier.
        question = ReadPrompt(claim.job, claim.attempt, claim.claim_id)
        text: PromptText = self._studio.preview(question, owner_id=owner, key=key)
        if isinstance(text.prompt, Erased) or isinstance(text.negative_prompt, Erased):
            # What was asked for is gone, and something else is not to be drawn instead.
            return ClaimRefusal.CONSENT_WITHDRAWN
        deadline_s = answer.deadline.timestamp()
        return self._grant(claim, owner, deadline_s, self._granted_work(answer, text, deadline_s))

    def _granted_work(
        self, granted: ClaimGranted, text: PromptText, deadline_s: float
    ) -> ImageWork | TrainingWork:
        match granted.work:
            case ImagesGrant() as images:
                return self._image_work(granted, images, text, deadline_s)
            case TrainingGrant() as training:
                return self._training_work(granted, training, deadline_s)

    def _image_work(
        self, granted: ClaimGranted, images: ImagesGrant, text: PromptText, deadline_s: float
    ) -> ImageWork:
        settings = images.settings
        adapter = images.adapter
        return ImageWork(
            engine=granted.engine,
            prompt=text_or(text.prompt),
            negative_prompt=text_or(text.negative_prompt),
            style=settings.style,
            width=settings.width,
            height=settings.height,
            num_inference_steps=settings.num_inference_steps,
            guidance_scale=settings.guidance_scale,
            twin_strength=settings.twin_strength,
            items=tuple(
                ImageItem(item.item, item.seed, self._picture_upload(item.upload_key, deadline_s))
                for item in images.items
            ),
            adapter=None
            if adapter is None
            else Download(self._download(adapter.object_key), adapter.sha256),
        )

    def _training_work(
        self, granted: ClaimGranted, training: TrainingGrant, deadline_s: float
    ) -> TrainingWork:
        settings = training.settings
        return TrainingWork(
            engine=granted.engine,
            photos=tuple(
                TrainingPhoto(photo.photo_id, Download(self._download(photo.object_key)))
                for photo in training.photos
            ),
            rank=settings.rank,
            steps=settings.steps,
            learning_rate=settings.learning_rate,
            seed=training.seed,
            sample_prompts=training.sample_prompts,
            sample_uploads=tuple(
                self._picture_upload(item.upload_key, deadline_s) for item in training.items
            ),
            adapter_upload=self._upload(
                training.adapter_upload_key,
                "application/octet-stream",
                ADAPTER_SIZE_MAX_BYTES,
                deadline_s,
            ),
        )

    def _photo_set(self, claim: JobClaimed, twin: UUID, owner: UUID) -> JobGranted | ClaimRefusal:
        question = ClaimPhotoSet(twin, claim.job)
        answer: PhotoSetGranted | ClaimDenied = self._studio.preview(
            question, owner_id=owner, key=claim_key(claim.claim_id)
        )
        if isinstance(answer, ClaimDenied):
            return ClaimRefusal(answer.reason.value)
        work = PhotoSetWork(
            twin=answer.twin_id,
            submission=answer.submission_id,
            engine=answer.engine,
            photos=tuple(
                PhotoToJudge(photo.photo_id, photo.object_key, photo.clean_key)
                for photo in answer.photos
            ),
            template_key=answer.template_key,
        )
        return self._grant(claim, owner, self._now_s() + SCREENING_DEADLINE_S, work)

    def _outputs(self, claim: JobClaimed, owner: UUID) -> JobGranted | ClaimRefusal:
        question = ClaimScreening(claim.job, claim.attempt, claim.claim_id)
        answer: ScreeningGranted | ClaimDenied = self._studio.preview(
            question, owner_id=owner, key=claim_key(claim.claim_id)
        )
        if isinstance(answer, ClaimDenied):
            return ClaimRefusal(answer.reason.value)
        adapter = answer.adapter
        work = OutputsWork(
            engine=answer.engine,
            rating=answer.rating.value,
            outputs=tuple(
                OutputToScreen(
                    item=item.item,
                    asset=item.asset_id,
                    quarantine_key=item.quarantine_key,
                    gallery_key=item.gallery_key,
                    sha256=item.sha256,
                    media_type=item.media_type,
                )
                for item in answer.outputs
            ),
            required_checks=answer.required_checks,
            template_key=answer.template_key,
            adapter_quarantine_key=adapter.quarantine_key if adapter else None,
            adapter_key=adapter.adapter_key if adapter else None,
            adapter_rank=adapter.rank if adapter else None,
            screening=answer.screening,
        )
        return self._grant(claim, owner, self._now_s() + SCREENING_DEADLINE_S, work)

    def _grant(self, claim: JobClaimed, owner: UUID, deadline_s: float, work: Work) -> JobGranted:
        return JobGranted(
            worker=claim.worker,
            job=claim.job,
            attempt=claim.attempt,
            claim_id=claim.claim_id,
            owner=owner,
            deadline_s=deadline_s,
            work=work,
        )

    def _download(self, key: str) -> str:
        return self._objects.presign_download(key, expires_in_s=DOWNLOAD_LIFETIME_S)

    def _picture_upload(self, key: str, deadline_s: float) -> Upload:
        return self._upload(key, "image/png", PICTURE_SIZE_MAX_BYTES, deadline_s)

    def _upload(self, key: str, media_type: str, size_max: int, deadline_s: float) -> Upload:
        form = self._objects.presign_upload(
            key,
            media_type=media_type,
            size_bytes_min=1,
            size_bytes_max=size_max,
            sha256_hex=None,
            expires_in_s=max(1, int(deadline_s - self._now_s())),
        )
        return Upload(form.url, form.fields, key, media_type, size_max)


def _rendered(rendered: JobRendered) -> RecordRendered:
    adapter = rendered.adapter
    return RecordRendered(
        job_id=rendered.job,
        attempt=rendered.attempt,
        claim_id=rendered.claim_id,
        outputs=tuple(
            JobOutput(
                item=output.item,
                object_key=output.object_key,
                sha256=output.sha256,
                size_bytes=output.size_bytes,
                width=output.width,
                height=output.height,
                media_type=output.media_type,
                seed=output.seed,
            )
            for output in rendered.outputs
        ),
        adapter=None
        if adapter is None
        else AdapterFile(
            object_key=adapter.object_key,
            sha256=adapter.sha256,
            size_bytes=adapter.size_bytes,
            rank=adapter.rank,
            step=adapter.step,
            similarity=adapter.similarity,
        ),
    )


def _failed(failed: JobFailed) -> RecordAttemptFailed:
    reason = AttemptFailure(failed.reason.value)
    return RecordAttemptFailed(
        failed.job, failed.attempt, failed.claim_id, reason, _screening(failed)
    )


def _screened(screened: OutputsScreened) -> RecordScreening:
    return RecordScreening(
        job_id=screened.job,
        attempt=screened.attempt,
        claim_id=screened.claim_id,
        outputs=tuple(
            ScreenedItem(
                item=output.item,
                checks=tuple(_verdict(check) for check in output.checks),
                sha256=output.sha256,
                size_bytes=output.size_bytes,
            )
            for output in screened.outputs
        ),
        adapter_checks=tuple(_verdict(check) for check in screened.adapter_checks),
        screening=_screening(screened),
    )


def _screening(report: JobFailed | OutputsScreened) -> int:
    """Which screening is meant: the first, where a screener of an earlier release reports."""
    return 1 if isinstance(report.screening, UnsetType) else report.screening


def _verdict(check: CheckResult) -> CheckVerdict:
    return CheckVerdict(
        check=check.check, passed=check.passed, model=check.model, score=check.score
    )


def _judged(judged: PhotosJudged) -> RecordPhotoVerdicts:
    same_person = judged.same_person.passed
    set_flaws: tuple[SetFlaw, ...] = ()
    if same_person is not True:
        set_flaws = (SetFlaw.NOT_JUDGED if same_person is None else SetFlaw.NOT_ONE_PERSON,)
    return RecordPhotoVerdicts(
        twin_id=judged.twin,
        submission_id=judged.submission,
        verdicts=tuple(
            PhotoVerdict(photo.photo_id, tuple(_flaw(name) for name in photo.flaws))
            for photo in judged.photos
        ),
        set_flaws=set_flaws,
        analyser=judged.analyser,
    )


def _flaw(name: str) -> PhotoFlaw:
    try:
        return PhotoFlaw(name)
    except ValueError:
        # A flaw that this release does not know is a flaw nevertheless.
        return PhotoFlaw.NOT_JUDGED
