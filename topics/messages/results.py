"""`suite.results.v1`: what workers and the screener report. Keyed by job."""

from enum import StrEnum
from uuid import UUID

import msgspec

from topics.messages.work import WorkKind


class JobClaimed(msgspec.Struct, frozen=True, tag="job.claimed"):
    """A worker wants to start this attempt. `claim_id` is its own, new for every try.

    `twin` repeats the queued message's: a photo set is found through its twin.
    """

    job: UUID
    attempt: int
    claim_id: UUID
    worker: str
    kind: WorkKind
    twin: UUID | None = None


class JobAlive(msgspec.Struct, frozen=True, tag="job.alive"):
    """The worker's parent still holds the claim. Sent every five seconds."""

    job: UUID
    attempt: int
    claim_id: UUID


class RenderedOutput(msgspec.Struct, frozen=True):
    """One object that was uploaded into quarantine. `sha256` in lower-case hex."""

    item: int
    object_key: str
    sha256: str
    size_bytes: int
    width: int
    height: int
    media_type: str
    seed: int


class TrainedAdapter(msgspec.Struct, frozen=True):
    """The chosen LoRA checkpoint. `similarity` is the mean identity cosine of its samples."""

    object_key: str
    sha256: str
    size_bytes: int
    rank: int
    step: int
    similarity: float


class JobRendered(msgspec.Struct, frozen=True, tag="job.rendered"):
    """The work is done and lies in quarantine. Nothing is released by this message."""

    job: UUID
    attempt: int
    claim_id: UUID
    outputs: tuple[RenderedOutput, ...]
    adapter: TrainedAdapter | None = None


class FailureReason(StrEnum):
    """Why an attempt ended without a result."""

    OUT_OF_MEMORY = "out-of-memory"
    ENGINE_ABSENT = "engine-absent"
    ENGINE_ERROR = "engine-error"
    INPUT_UNAVAILABLE = "input-unavailable"
    UPLOAD_REFUSED = "upload-refused"
    PHASE_TIMEOUT = "phase-timeout"
    WORKER_LOST = "worker-lost"
    LEASE_EXPIRED = "lease-expired"
    STOPPED = "stopped"
    SCREENING_UNAVAILABLE = "screening-unavailable"


class JobFailed(msgspec.Struct, frozen=True, tag="job.failed"):
    """The attempt failed, or could not be screened. The domain decides what comes next.

    `screening` is the granted work's, and absent where a worker reports.
    """

    job: UUID
    attempt: int
    claim_id: UUID
    reason: FailureReason
    screening: int | msgspec.UnsetType = msgspec.UNSET


class CheckResult(msgspec.Struct, frozen=True):
    """One check of one output. `passed` is None where the check could not be made, which denies.

    `model` names the model or list and its version; `score` is None where there is none.
    """

    check: str
    passed: bool | None
    model: str
    score: float | None = None


class ScreenedOutput(msgspec.Struct, frozen=True):
    """All checks of one output, and its signed copy where one was written and verified."""

    item: int
    checks: tuple[CheckResult, ...]
    gallery_key: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None


class OutputsScreened(msgspec.Struct, frozen=True, tag="outputs.screened"):
    """Verdicts on every output of an attempt. `adapter_checks` is empty for image jobs.

    `screening` is the granted work's.
    """

    job: UUID
    attempt: int
    claim_id: UUID
    outputs: tuple[ScreenedOutput, ...]
    adapter_checks: tuple[CheckResult, ...] = ()
    screening: int | msgspec.UnsetType = msgspec.UNSET


class JudgedPhoto(msgspec.Struct, frozen=True):
    """One photo's flaws, by the names of `domain.photo_set.PhotoFlaw`; empty where it is good."""

    photo_id: UUID
    flaws: tuple[str, ...] = ()


class PhotosJudged(msgspec.Struct, frozen=True, tag="photos.judged"):
    """Verdicts on a submitted photo set: each photo alone, and all of them as one person."""

    submission: UUID
    claim_id: UUID
    twin: UUID
    photos: tuple[JudgedPhoto, ...]
    analyser: str
    same_person: CheckResult
