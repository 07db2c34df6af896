"""What a granted claim hands to a worker: all the work needs, and nothing that outlives it."""

from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from topics.messages.bounds import (
    CHECKPOINTS_MAX,
    CHECKS_MAX,
    FORM_FIELDS_MAX,
    OUTPUTS_MAX,
    PACK_FILES_MAX,
    PHOTOS_MAX,
    RENDITIONS_MAX,
    THUMBNAILS_MAX,
    CheckName,
    DenoisingStrength,
    EngineId,
    FormFieldName,
    FormFieldValue,
    FrameCount,
    FrameRate,
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


class SourcePicture(msgspec.Struct, frozen=True):
    """A picture that the work begins from, of the size that is drawn or enlarged from it.

    `strength` is how much of it is drawn anew: the last `strength` of the steps are made.
    """

    download: Download
    strength: DenoisingStrength


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
    source: SourcePicture | msgspec.UnsetType = msgspec.UNSET


class VideoItem(msgspec.Struct, frozen=True):
    """One clip of a job: its number from 0, its seed, and where its frames go.

    The frames are one Matroska file, FFV1, 8-bit RGB, without sound: nothing of them is lost.
    """

    item: ItemNumber
    seed: Seed
    upload: Upload


class VideoWork(msgspec.Struct, frozen=True, tag="video"):
    """Resolved parameters of a video job. `motion` is one that the engine's entry names.

    A clip has `frames` frames, `frame_rate` a second. With a source it begins with that picture.
    """

    engine: EngineId
    prompt: PromptText
    negative_prompt: PromptText
    style: Label
    motion: Label
    width: Pixels
    height: Pixels
    frames: FrameCount
    frame_rate: FrameRate
    num_inference_steps: StepCount
    guidance_scale: Guidance
    twin_strength: Strength
    items: Annotated[tuple[VideoItem, ...], Meta(max_length=OUTPUTS_MAX)]
    adapter: Download | None = None
    source: SourcePicture | None = None


class TrainingPhoto(msgspec.Struct, frozen=True):
    """One accepted photo: PNG, upright, without metadata."""

    photo_id: UUID
    download: Download


CheckpointUploads: TypeAlias = Annotated[tuple[Upload, ...], Meta(max_length=CHECKPOINTS_MAX)]


class TrainingWork(msgspec.Struct, frozen=True, tag="training"):
    """Resolved parameters of a twin training.

    `checkpoint_uploads` are places for what it had learnt earlier, as many as are kept.
    """

    engine: EngineId
    photos: Annotated[tuple[TrainingPhoto, ...], Meta(max_length=PHOTOS_MAX)]
    rank: Rank
    steps: StepCount
    learning_rate: LearningRate
    seed: Seed
    sample_prompts: Annotated[tuple[PromptText, ...], Meta(max_length=OUTPUTS_MAX)]
    sample_uploads: Annotated[tuple[Upload, ...], Meta(max_length=OUTPUTS_MAX)]
    adapter_upload: Upload
    checkpoint_uploads: CheckpointUploads | msgspec.UnsetType = msgspec.UNSET


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


RequiredChecks: TypeAlias = Annotated[tuple[CheckName, ...], Meta(max_length=CHECKS_MAX)]


class SourcePhotoWork(msgspec.Struct, frozen=True, tag="source-photo"):
    """One uploaded photo that something is to begin with. A face in it has to be the twin's.

    `checks_of_twin` are those it has to pass with a face in it, `checks_of_nobody` those without.
    """

    twin: UUID
    engine: EngineId
    photo: PhotoToJudge
    template_key: ObjectKey
    checks_of_twin: RequiredChecks
    checks_of_nobody: RequiredChecks


class PackPlace(msgspec.Struct, frozen=True):
    """One file of a pack: its size in pixels, None where it is as large as it is, and its place."""

    preset: Label
    object_key: ObjectKey
    width: Pixels | None = None
    height: Pixels | None = None


class PackItemWork(msgspec.Struct, frozen=True):
    """One released master, and the files that are to be made of it."""

    asset: UUID
    object_key: ObjectKey
    sha256: Sha256
    is_clip: bool
    files: Annotated[tuple[PackPlace, ...], Meta(max_length=PACK_FILES_MAX)]


class PublishWork(msgspec.Struct, frozen=True, tag="publish"):
    """Items to be made ready to be published, labelled and signed anew.

    `packs` names all packs of their owner; the report repeats it.
    """

    pack: UUID
    packs: UUID
    items: Annotated[tuple[PackItemWork, ...], Meta(max_length=PACK_FILES_MAX)]


class RenditionRole(StrEnum):
    """What one file of a released output is for. Downloadable ones carry content credentials.

    A poster is a clip's still, for a page that does not play it; it carries none.
    """

    MASTER = "master"
    PREVIEW = "preview"
    GIF = "gif"
    POSTER = "poster"


class ThumbnailRole(StrEnum):
    """Which thumbnail, by the longest side that it may have, in pixels. None carries credentials.

    They have a field of their own: a reader of before passes it over, and makes none.
    """

    SMALL = "thumbnail-256"
    LARGE = "thumbnail-512"


class ThumbnailPlace(msgspec.Struct, frozen=True):
    """Where one thumbnail of an output goes when nothing speaks against it."""

    role: ThumbnailRole
    object_key: ObjectKey


ThumbnailPlaces: TypeAlias = Annotated[tuple[ThumbnailPlace, ...], Meta(max_length=THUMBNAILS_MAX)]


class RenditionPlace(msgspec.Struct, frozen=True):
    """Where one file of an output goes when nothing speaks against it."""

    role: RenditionRole
    object_key: ObjectKey


RenditionPlaces: TypeAlias = Annotated[tuple[RenditionPlace, ...], Meta(max_length=RENDITIONS_MAX)]


class ClipToScreen(msgspec.Struct, frozen=True):
    """What a clip has to be. Its end may be cut while `frames_min` of its frames are left."""

    frames: FrameCount
    frame_rate: FrameRate
    frames_min: FrameCount


class OutputToScreen(msgspec.Struct, frozen=True):
    """One rendered object in quarantine and where its copies go; `gallery_key` is the master's.

    `renditions` names every other file that is to be made of it, but for its `thumbnails`. `source`
    is the generation id of the picture that it was made from, which its credentials name; with
    `own_photo` they say that it was made from a photo, and not from which.
    """

    item: ItemNumber
    asset: UUID
    quarantine_key: ObjectKey
    gallery_key: ObjectKey
    sha256: Sha256
    media_type: MediaType
    renditions: RenditionPlaces | msgspec.UnsetType = msgspec.UNSET
    source: UUID | msgspec.UnsetType = msgspec.UNSET
    thumbnails: ThumbnailPlaces | msgspec.UnsetType = msgspec.UNSET
    own_photo: bool | msgspec.UnsetType = msgspec.UNSET


class CheckpointToCheck(msgspec.Struct, frozen=True):
    """An earlier checkpoint's adapter in quarantine, and where it goes if it is sound."""

    step: StepCount
    quarantine_key: ObjectKey
    adapter_key: ObjectKey


CheckpointsToCheck: TypeAlias = Annotated[
    tuple[CheckpointToCheck, ...], Meta(max_length=CHECKPOINTS_MAX)
]


class OutputsWork(msgspec.Struct, frozen=True, tag="outputs"):
    """Outputs of one attempt to be screened. `template_key` is None for a job without a twin.

    `clip` is absent where the outputs are pictures. `screening` counts the screenings of the
    attempt from 1; the report repeats it. `checkpoints` have the adapter's rank.
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
    clip: ClipToScreen | msgspec.UnsetType = msgspec.UNSET
    checkpoints: CheckpointsToCheck | msgspec.UnsetType = msgspec.UNSET


Work = (
    ImageWork
    | TrainingWork
    | PhotoSetWork
    | OutputsWork
    | VideoWork
    | SourcePhotoWork
    | PublishWork
)
