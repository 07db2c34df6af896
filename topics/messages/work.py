"""What a granted claim hands to a worker: all the work needs, and nothing that outlives it."""

from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from topics.messages.bounds import (
    CHECKS_MAX,
    FORM_FIELDS_MAX,
    OUTPUTS_MAX,
    PHOTOS_MAX,
    CheckName,
    EngineId,
    FormFieldName,
    FormFieldValue,
    Guidance,
    ItemNumber,
    Label,
    LearningRate,
    MediaType,
    ObjectKey,
    Pixels,
    PromptText,
    Rank,
    ScreeningNumber,
    Seed,
    Sha256,
    SizeBytes,
    StepCount,
    Strength,
    Url,
)


class WorkKind(StrEnum):
    """Which consumer does the work. The value names the topic: `suite.jobs.<kind>.v1`."""

    TRAINING = "training"
    IMAGE = "image"
    VIDEO = "video"
    SCREENING = "screening"


class Download(msgspec.Struct, frozen=True):
    """One object to read. `url` expires within 120 seconds of the grant."""

    url: Url
    sha256: Sha256 | None = None


class Upload(msgspec.Struct, frozen=True):
    """One place to write to: a presigned POST, valid until the attempt's deadline."""

    url: Url
    fields: Annotated[dict[FormFieldName, FormFieldValue], Meta(max_length=FORM_FIELDS_MAX)]
    object_key: ObjectKey
    media_type: MediaType
    size_bytes_max: SizeBytes


class ImageItem(msgspec.Struct, frozen=True):
    """One picture of a job: its number from 0, its seed, and where its PNG goes."""

    item: ItemNumber
    seed: Seed
    upload: Upload


class ImageWork(msgspec.Struct, frozen=True, tag="image"):
    """Resolved parameters of an image job: nothing is left for the worker to choose."""

    engine: EngineId
    prompt: PromptText
    negative_prompt: PromptText
    style: Label
    width: Pixels
    height: Pixels
    num_inference_steps: StepCount
    guidance_scale: Guidance
    twin_strength: Strength
    items: Annotated[tuple[ImageItem, ...], Meta(max_length=OUTPUTS_MAX)]
    adapter: Download | None = None


class TrainingPhoto(msgspec.Struct, frozen=True):
    """One accepted photo: PNG, upright, without metadata."""

    photo_id: UUID
    download: Download


class TrainingWork(msgspec.Struct, frozen=True, tag="training"):
    """Resolved parameters of a twin training."""

    engine: EngineId
    photos: Annotated[tuple[TrainingPhoto, ...], Meta(max_length=PHOTOS_MAX)]
    rank: Rank
    steps: StepCount
    learning_rate: LearningRate
    seed: Seed
    sample_prompts: Annotated[tuple[PromptText, ...], Meta(max_length=OUTPUTS_MAX)]
    sample_uploads: Annotated[tuple[Upload, ...], Meta(max_length=OUTPUTS_MAX)]
    adapter_upload: Upload


class PhotoToJudge(msgspec.Struct, frozen=True):
    """One uploaded file and the key under which its clean copy is to be written."""

    photo_id: UUID
    object_key: ObjectKey
    clean_key: ObjectKey


class PhotoSetWork(msgspec.Struct, frozen=True, tag="photos"):
    """Uploaded photos to be judged together. The screener has its own store credentials."""

    twin: UUID
    submission: UUID
    engine: EngineId
    photos: Annotated[tuple[PhotoToJudge, ...], Meta(max_length=PHOTOS_MAX)]
    template_key: ObjectKey


class OutputToScreen(msgspec.Struct, frozen=True):
    """One rendered object in quarantine and the key its signed copy gets."""

    item: ItemNumber
    asset: UUID
    quarantine_key: ObjectKey
    gallery_key: ObjectKey
    sha256: Sha256
    media_type: MediaType


RequiredChecks: TypeAlias = Annotated[tuple[CheckName, ...], Meta(max_length=CHECKS_MAX)]


class OutputsWork(msgspec.Struct, frozen=True, tag="outputs"):
    """Outputs of one attempt to be screened. `template_key` is None for a job without a twin.

    `screening` counts the screenings of the attempt from 1; the report repeats it.
    """

    engine: EngineId
    rating: Label
    outputs: Annotated[tuple[OutputToScreen, ...], Meta(max_length=OUTPUTS_MAX)]
    required_checks: RequiredChecks
    template_key: ObjectKey | None = None
    adapter_quarantine_key: ObjectKey | None = None
    adapter_key: ObjectKey | None = None
    adapter_rank: Rank | None = None
    screening: ScreeningNumber | msgspec.UnsetType = msgspec.UNSET


Work = ImageWork | TrainingWork | PhotoSetWork | OutputsWork
