"""What a granted claim hands to a worker: all the work needs, and nothing that outlives it."""

from enum import StrEnum
from uuid import UUID

import msgspec


class WorkKind(StrEnum):
    """Which consumer does the work. The value names the topic: `suite.jobs.<kind>.v1`."""

    TRAINING = "training"
    IMAGE = "image"
    VIDEO = "video"
    SCREENING = "screening"


class Download(msgspec.Struct, frozen=True):
    """One object to read. `url` expires within 120 seconds of the grant."""

    url: str
    sha256: str | None = None


class Upload(msgspec.Struct, frozen=True):
    """One place to write to: a presigned POST, valid until the attempt's deadline."""

    url: str
    fields: dict[str, str]
    object_key: str
    media_type: str
    size_bytes_max: int


class ImageItem(msgspec.Struct, frozen=True):
    """One picture of a job: its number from 0, its seed, and where its PNG goes."""

    item: int
    seed: int
    upload: Upload


class ImageWork(msgspec.Struct, frozen=True, tag="image"):
    """Resolved parameters of an image job: nothing is left for the worker to choose."""

    engine: str
    prompt: str
    negative_prompt: str
    style: str
    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float
    twin_strength: float
    items: tuple[ImageItem, ...]
    adapter: Download | None = None


class TrainingPhoto(msgspec.Struct, frozen=True):
    """One accepted photo: PNG, upright, without metadata."""

    photo_id: UUID
    download: Download


class TrainingWork(msgspec.Struct, frozen=True, tag="training"):
    """Resolved parameters of a twin training."""

    engine: str
    photos: tuple[TrainingPhoto, ...]
    rank: int
    steps: int
    learning_rate: float
    seed: int
    sample_prompts: tuple[str, ...]
    sample_uploads: tuple[Upload, ...]
    adapter_upload: Upload


class PhotoToJudge(msgspec.Struct, frozen=True):
    """One uploaded file and the key under which its clean copy is to be written."""

    photo_id: UUID
    object_key: str
    clean_key: str


class PhotoSetWork(msgspec.Struct, frozen=True, tag="photos"):
    """Uploaded photos to be judged together. The screener has its own store credentials."""

    twin: UUID
    submission: UUID
    engine: str
    photos: tuple[PhotoToJudge, ...]
    template_key: str


class OutputToScreen(msgspec.Struct, frozen=True):
    """One rendered object in quarantine and the key its signed copy gets."""

    item: int
    asset: UUID
    quarantine_key: str
    gallery_key: str
    sha256: str
    media_type: str


class OutputsWork(msgspec.Struct, frozen=True, tag="outputs"):
    """Outputs of one attempt to be screened. `template_key` is None for a job without a twin.

    `screening` counts the screenings of the attempt from 1; the report repeats it.
    """

    engine: str
    rating: str
    outputs: tuple[OutputToScreen, ...]
    required_checks: tuple[str, ...]
    template_key: str | None = None
    adapter_quarantine_key: str | None = None
    adapter_key: str | None = None
    adapter_rank: int | None = None
    screening: int | msgspec.UnsetType = msgspec.UNSET


Work = ImageWork | TrainingWork | PhotoSetWork | OutputsWork
