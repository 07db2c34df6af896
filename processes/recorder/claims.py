"""Answers claims: a claim that holds is granted its work, any other is refused with a reason.

A grant is sent after the save that gave the claim its right: a repeated claim gets it again.
"""

import time
from collections.abc import Callable
from uuid import UUID

import structlog
from msgspec import UNSET
from msgspec.structs import replace

from commands.jobs.claim_screening import ClaimScreening, ScreeningGranted
from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.jobs.read_prompt import PromptText, ReadPrompt
from commands.jobs.record_claim import RecordClaim, claim_key
from commands.jobs.start_screening import StartScreening, start_screening_key
from commands.ports.event_store import EventStore
from commands.ports.object_store import ObjectStore
from commands.publishing.claim_publish_pack import ClaimPublishPack, PublishPackGranted
from commands.source_photos.claim_source_photo import ClaimSourcePhoto, SourcePhotoGranted
from commands.studio import Studio
from commands.twin.claim_photo_set import ClaimPhotoSet, PhotoSetGranted
from domain.kernel.personal_text import Erased
from domain.kernel.refusal import Refusal
from domain.refusals import ConsentMissing, JobEnded, NotFound, StaleResult
from domain.screening import SCREENING_LIMIT
from processes.recorder.granted_work import GrantedWork
from topics.messages.grants import ClaimRefusal, ClaimRefused, JobGranted
from topics.messages.results import JobClaimed
from topics.messages.work import Work, WorkKind
from topics.registry import GRANTS, key_of
from topics.transport import Publisher

log = structlog.get_logger()

SCREENING_DEADLINE_S = SCREENING_LIMIT.total_seconds()
"""Told to the screener only. Outputs are given up by the domain, from the first grant on."""

_DENIALS: dict[type[Refusal], ClaimRefusal] = {
    JobEnded: ClaimRefusal.JOB_ENDED,
    ConsentMissing: ClaimRefusal.CONSENT_WITHDRAWN,
    StaleResult: ClaimRefusal.STALE_ATTEMPT,
    NotFound: ClaimRefusal.UNKNOWN_JOB,
}


class Claims:
    """The only place that hands out prompts and presigned URLs."""

    def __init__(
        self,
        studio: Studio,
        store: EventStore,
        objects: ObjectStore,
        publisher: Publisher,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._studio = studio
        self._store = store
        self._publisher = publisher
        self._now_s = now_s
        self._work = GrantedWork(objects, now_s)

    def answer(self, claim: JobClaimed) -> None:
        """Publish a grant or a refusal. May see a claim any number of times."""
        work = self._work_of(claim)
        if isinstance(work, ClaimRefusal):
            self.refuse(claim, work)
        else:
            self._publisher.publish(GRANTS, key_of(work), work)

    def refuse(self, claim: JobClaimed, why: ClaimRefusal) -> None:
        """Publish a refusal: who claimed takes the next job."""
        refused = ClaimRefused(claim.worker, claim.job, claim.attempt, claim.claim_id, why)
        log.info("claim refused", job=str(claim.job), reason=why.value)
        self._publisher.publish(GRANTS, key_of(refused), refused)

    def _work_of(self, claim: JobClaimed) -> JobGranted | ClaimRefusal:
        owner = self._store.owner_of(claim_about(claim))
        if owner is None:
            return ClaimRefusal.UNKNOWN_JOB
        try:
            if claim.kind is not WorkKind.SCREENING:
                return self._attempt(claim, owner)
            if claim.twin is not None:
                return self._photos(claim, claim.twin, owner)
            if claim.packs is not UNSET:
                return self._pack(claim, owner)
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
        work = self._work.attempt(answer, text, deadline_s)
        grant = self._grant(claim, owner, deadline_s, work)
        return grant if answer.epoch is None else replace(grant, epoch=answer.epoch)

    def _photos(self, claim: JobClaimed, twin: UUID, owner: UUID) -> JobGranted | ClaimRefusal:
        """A photo to begin with, or else a set: which it is, only their owner's log says."""
        question = ClaimSourcePhoto(claim.job, claim.claim_id)
        answer: SourcePhotoGranted | ClaimDenied = self._studio.preview(
            question, owner_id=owner, key=claim_key(claim.claim_id)
        )
        if not isinstance(answer, ClaimDenied):
            work = self._work.source_photo(answer)
            return self._grant(claim, owner, self._now_s() + SCREENING_DEADLINE_S, work)
        if answer.reason is not ClaimDenial.UNKNOWN_JOB:
            return ClaimRefusal(answer.reason.value)
        return self._photo_set(claim, twin, owner)

    def _photo_set(self, claim: JobClaimed, twin: UUID, owner: UUID) -> JobGranted | ClaimRefusal:
        question = ClaimPhotoSet(twin, claim.job)
        answer: PhotoSetGranted | ClaimDenied = self._studio.preview(
            question, owner_id=owner, key=claim_key(claim.claim_id)
        )
        if isinstance(answer, ClaimDenied):
            return ClaimRefusal(answer.reason.value)
        work = self._work.photo_set(answer)
        return self._grant(claim, owner, self._now_s() + SCREENING_DEADLINE_S, work)

    def _pack(self, claim: JobClaimed, owner: UUID) -> JobGranted | ClaimRefusal:
        question = ClaimPublishPack(claim.job, claim.claim_id)
        answer: PublishPackGranted | ClaimDenied = self._studio.preview(
            question, owner_id=owner, key=claim_key(claim.claim_id)
        )
        if isinstance(answer, ClaimDenied):
            return ClaimRefusal(answer.reason.value)
        work = self._work.pack(answer)
        return self._grant(claim, owner, self._now_s() + SCREENING_DEADLINE_S, work)

    def _outputs(self, claim: JobClaimed, owner: UUID) -> JobGranted | ClaimRefusal:
        question = ClaimScreening(claim.job, claim.attempt, claim.claim_id)
        answer: ScreeningGranted | ClaimDenied = self._studio.preview(
            question, owner_id=owner, key=claim_key(claim.claim_id)
        )
        if isinstance(answer, ClaimDenied):
            return ClaimRefusal(answer.reason.value)
        begun = StartScreening(claim.job, claim.attempt, answer.screening)
        self._studio.execute(begun, owner_id=owner, key=start_screening_key(begun))
        work = self._work.outputs(answer)
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


def claim_about(claim: JobClaimed) -> UUID:
    """The aggregate whose owner the claim concerns: a photo set is found through its twin, a pack
    through all packs of its owner.
    """
    if claim.kind is WorkKind.SCREENING and claim.packs is not UNSET:
        return claim.packs
    return claim.twin if claim.kind is WorkKind.SCREENING and claim.twin else claim.job
