"""What is known of a job: where it stands, how it ended, what it made."""

from enum import StrEnum
from uuid import UUID

import msgspec


class JobState(StrEnum):
    """Where a job stands. `REQUESTED` covers every attempt that waits for a worker."""

    REQUESTED = "requested"
    STARTED = "started"
    RENDERED = "rendered"
    SCREENED = "screened"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED})
"""Nothing changes any more."""


class CancelledBy(StrEnum):
    """Who or what stopped a job."""

    OWNER = "owner"
    CONSENT_WITHDRAWN = "consent-withdrawn"


class AttemptFailure(StrEnum):
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
    """Said by the screener. Before screenings were counted by themselves, it ended the attempt."""


class JobFailure(StrEnum):
    """Why a job failed for good."""

    ATTEMPTS_EXHAUSTED = "attempts-exhausted"
    DEADLINE_PASSED = "deadline-passed"
    ADAPTER_REFUSED = "adapter-refused"
    SCREENING_UNAVAILABLE = "screening-unavailable"
    SOURCE_GONE = "source-gone"
    """The picture that it was to begin with was purged or reported before it was read."""


CHECKPOINTS_KEPT_MAX = 4
"""Earlier checkpoints of a training that are kept beside the chosen one: each is as large as it."""


class JobItem(msgspec.Struct, frozen=True):
    """One output of a job: its number from 0, the asset it may become, its seed."""

    item: int
    asset_id: UUID
    seed: int


class JobOutput(msgspec.Struct, frozen=True, omit_defaults=True):
    """One object in quarantine. `sha256` in lower-case hex; `frames` is None for a picture."""

    item: int
    object_key: str
    sha256: str
    size_bytes: int
    width: int
    height: int
    media_type: str
    seed: int
    frames: int | None = None


class AdapterFile(msgspec.Struct, frozen=True):
    """A trained LoRA. `similarity` is the mean identity cosine of its samples."""

    object_key: str
    sha256: str
    size_bytes: int
    rank: int
    step: int
    similarity: float
