"""`suite.results.v1`: what workers and the screener report. Keyed by job."""

from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from topics.messages.bounds import (
    CHECKPOINTS_MAX,
    CHECKS_MAX,
    CLIP_SECONDS_MAX,
    FLAWS_MAX,
    OUTPUTS_MAX,
    PACK_FILES_MAX,
    PHOTOS_MAX,
    RENDITIONS_MAX,
    THUMBNAILS_MAX,
    Attempt,
    CheckName,
    Cosine,
    Finite,
    FlawName,
    FrameCount,
    ItemNumber,
    Label,
    MediaType,
    MemberName,
    Milliseconds,
    ModelName,
    ObjectKey,
    Pixels,
    Rank,
    ScreeningNumber,
    Seed,
    Sha256,
    SizeBytes,
    StepCount,
    Thumbhash,
)
from topics.messages.work import RenditionRole, ThumbnailRole, WorkKind


class JobClaimed(msgspec.Struct, frozen=True, tag="job.claimed"):
    """A worker wants to start this attempt. `claim_id` is its own, new for every try.

    `twin` and `packs` repeat the queued message's: a photo set is found through its twin, and a
    pack through all packs of its owner.
    """

    job: UUID
    attempt: Attempt
    claim_id: UUID
    worker: MemberName
    kind: WorkKind
    twin: UUID | None = None
    packs: UUID | msgspec.UnsetType = msgspec.UNSET


class JobAlive(msgspec.Struct, frozen=True, tag="job.alive"):
    """The worker's parent still holds the claim. Sent every five seconds."""

    job: UUID
    attempt: Attempt
    claim_id: UUID


class RenderedOutput(msgspec.Struct, frozen=True):
    """One object that was uploaded into quarantine. `sha256` in lower-case hex.

    `frames` is absent for a picture.
    """

    item: ItemNumber
    object_key: ObjectKey
    sha256: Sha256
    size_bytes: SizeBytes
    width: Pixels
    height: Pixels
    media_type: MediaType
    seed: Seed
    frames: FrameCount | msgspec.UnsetType = msgspec.UNSET


class TrainedAdapter(msgspec.Struct, frozen=True):
    """The chosen LoRA checkpoint. `similarity` is the mean identity cosine of its samples."""

    object_key: ObjectKey
    sha256: Sha256
    size_bytes: SizeBytes
    rank: Rank
    step: StepCount
    similarity: Cosine


EarlierCheckpoints: TypeAlias = Annotated[
    tuple[TrainedAdapter, ...], Meta(max_length=CHECKPOINTS_MAX)
]


class JobRendered(msgspec.Struct, frozen=True, tag="job.rendered"):
    """The work is done and lies in quarantine. Nothing is released by this message.

    `checkpoints` are what a training had learnt earlier, in the order of the granted places.
    """

    job: UUID
    attempt: Attempt
    claim_id: UUID
    outputs: Annotated[tuple[RenderedOutput, ...], Meta(max_length=OUTPUTS_MAX)]
    adapter: TrainedAdapter | None = None
    checkpoints: EarlierCheckpoints | msgspec.UnsetType = msgspec.UNSET


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
    attempt: Attempt
    claim_id: UUID
    reason: FailureReason
    screening: ScreeningNumber | msgspec.UnsetType = msgspec.UNSET


class CheckResult(msgspec.Struct, frozen=True):
    """One check of one output. `passed` is None where the check could not be made, which denies.

    `model` names the model or list and its version; `score` is None where there is none.
    """

    check: CheckName
    passed: bool | None
    model: ModelName
    score: Finite | None = None


Checks: TypeAlias = Annotated[tuple[CheckResult, ...], Meta(max_length=CHECKS_MAX)]


class WrittenRendition(msgspec.Struct, frozen=True):
    """One file of an output that was written and verified. `duration_ms` is None for a still."""

    role: RenditionRole
    sha256: Sha256
    size_bytes: SizeBytes
    media_type: MediaType
    width: Pixels
    height: Pixels
    duration_ms: Milliseconds | None = None


WrittenRenditions: TypeAlias = Annotated[
    tuple[WrittenRendition, ...], Meta(max_length=RENDITIONS_MAX)
]


class WrittenThumbnail(msgspec.Struct, frozen=True):
    """One thumbnail that was written and read back."""

    role: ThumbnailRole
    sha256: Sha256
    size_bytes: SizeBytes
    media_type: MediaType
    width: Pixels
    height: Pixels


WrittenThumbnails: TypeAlias = Annotated[
    tuple[WrittenThumbnail, ...], Meta(max_length=THUMBNAILS_MAX)
]
LikenessCurve: TypeAlias = Annotated[tuple[Cosine, ...], Meta(max_length=CLIP_SECONDS_MAX)]


class ScreenedOutput(msgspec.Struct, frozen=True):
    """All checks of one output, and its signed copy where one was written and verified.

    `renditions` are all of its files, the master among them; `gallery_key`, `sha256` and
    `size_bytes` are the master's once more. `likeness` is, for each second of what is delivered of
    a twin's clip, the lowest identity cosine of its frames. `placeholder` is what a page shows
    until a file is there.
    """

    item: ItemNumber
    checks: Checks
    gallery_key: ObjectKey | None = None
    sha256: Sha256 | None = None
    size_bytes: SizeBytes | None = None
    renditions: WrittenRenditions | msgspec.UnsetType = msgspec.UNSET
    likeness: LikenessCurve | msgspec.UnsetType = msgspec.UNSET
    thumbnails: WrittenThumbnails | msgspec.UnsetType = msgspec.UNSET
    placeholder: Thumbhash | msgspec.UnsetType = msgspec.UNSET


class CheckedCheckpoint(msgspec.Struct, frozen=True):
    """All checks of an earlier checkpoint's adapter. It was written where all have passed."""

    step: StepCount
    checks: Checks


CheckedCheckpoints: TypeAlias = Annotated[
    tuple[CheckedCheckpoint, ...], Meta(max_length=CHECKPOINTS_MAX)
]


class OutputsScreened(msgspec.Struct, frozen=True, tag="outputs.screened"):
    """Verdicts on every output of an attempt. `adapter_checks` is empty for image jobs.

    `screening` is the granted work's.
    """

    job: UUID
    attempt: Attempt
    claim_id: UUID
    outputs: Annotated[tuple[ScreenedOutput, ...], Meta(max_length=OUTPUTS_MAX)]
    adapter_checks: Checks = ()
    screening: ScreeningNumber | msgspec.UnsetType = msgspec.UNSET
    checkpoints: CheckedCheckpoints | msgspec.UnsetType = msgspec.UNSET


class JudgedPhoto(msgspec.Struct, frozen=True):
    """One photo's flaws, by the names of `domain.photo_set.PhotoFlaw`; empty where it is good."""

    photo_id: UUID
    flaws: Annotated[tuple[FlawName, ...], Meta(max_length=FLAWS_MAX)] = ()


class PhotosJudged(msgspec.Struct, frozen=True, tag="photos.judged"):
    """Verdicts on a submitted photo set: each photo alone, and all of them as one person."""

    submission: UUID
    claim_id: UUID
    twin: UUID
    photos: Annotated[tuple[JudgedPhoto, ...], Meta(max_length=PHOTOS_MAX)]
    analyser: ModelName
    same_person: CheckResult


class WrittenPhoto(msgspec.Struct, frozen=True):
    """The clean copy of a photo, which was written where the grant said. Always a PNG."""

    sha256: Sha256
    size_bytes: SizeBytes
    width: Pixels
    height: Pixels


class SourcePhotoJudged(msgspec.Struct, frozen=True, tag="source-photo.judged"):
    """The verdict on a photo that something is to begin with. `job` is the photo's id.

    `flaw` says why it could not be looked at, and then there are no checks; `copy` is absent where
    anything speaks against it.
    """

    job: UUID
    claim_id: UUID
    twin: UUID
    checks: Checks
    flaw: FlawName | None = None
    copy: WrittenPhoto | None = None


class WrittenPackFile(msgspec.Struct, frozen=True):
    """One file of a pack that was written where the grant said, read back and verified."""

    asset: UUID
    preset: Label
    sha256: Sha256
    size_bytes: SizeBytes
    media_type: MediaType
    width: Pixels
    height: Pixels


class PackMade(msgspec.Struct, frozen=True, tag="pack.made"):
    """A pack is made. `job` is its id, and `packs` names all packs of its owner."""

    job: UUID
    claim_id: UUID
    packs: UUID
    files: Annotated[tuple[WrittenPackFile, ...], Meta(max_length=PACK_FILES_MAX)]
