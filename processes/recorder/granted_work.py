"""The work that a granted claim is handed: resolved parameters, and URLs that are minted for it."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from commands.jobs.claim_screening import ScreeningGranted
from commands.jobs.grants.drawn import ImagesGrant, VideoGrant
from commands.jobs.grants.parts import GrantedAdapter, GrantedSource
from commands.jobs.grants.training import TrainingGrant
from commands.jobs.read_prompt import PromptText
from commands.jobs.record_claim import ClaimGranted
from commands.ports.object_store import ObjectStore
from commands.publishing.claim_publish_pack import PublishPackGranted
from commands.source_photos.claim_source_photo import SourcePhotoGranted
from commands.twin.claim_photo_set import PhotoSetGranted
from domain.engines import engine
from domain.job_kinds import images as images_kind
from domain.job_kinds import video as video_kind
from domain.kernel.identity import publish_packs_id
from domain.kernel.personal_text import FreeText, text_or
from domain.publish_preset import PRESET_SIZES
from domain.rendition import THUMBNAIL_SIDES_MAX
from domain.settings import JobSettings
from domain.video_settings import clip_options
from topics.messages.work import (
    CheckpointToCheck,
    ClipToScreen,
    Download,
    ImageItem,
    ImageWork,
    OutputsWork,
    OutputToScreen,
    PackItemWork,
    PackPlace,
    PhotoSetWork,
    PhotoToJudge,
    PublishWork,
    RenditionPlace,
    RenditionRole,
    SourcePhotoWork,
    SourcePicture,
    ThumbnailPlace,
    ThumbnailRole,
    TrainingPhoto,
    TrainingWork,
    Upload,
    VideoItem,
    VideoWork,
)

DOWNLOAD_LIFETIME_S = 120
PICTURE_SIZE_MAX_BYTES = 32 * 1024 * 1024
ADAPTER_SIZE_MAX_BYTES = 512 * 1024 * 1024


class GrantedWork:
    """Turns what a claim was granted into what its worker is told. `now_s`: Unix seconds."""

    def __init__(self, objects: ObjectStore, now_s: Callable[[], float] = time.time) -> None:
        self._objects = objects
        self._now_s = now_s

    def attempt(
        self, granted: ClaimGranted, text: PromptText, deadline_s: float
    ) -> ImageWork | TrainingWork | VideoWork:
        """The work of an attempt. What its worker may write to is open until the deadline."""
        match granted.work:
            case ImagesGrant() as images:
                return self._images(granted, images, text, deadline_s)
            case TrainingGrant() as training:
                return self._training(granted, training, deadline_s)
            case VideoGrant() as clips:
                return self._clips(granted, clips, text, deadline_s)

    def photo_set(self, granted: PhotoSetGranted) -> PhotoSetWork:
        """The screener has credentials of its own, and is told keys."""
        return PhotoSetWork(
            twin=granted.twin_id,
            submission=granted.submission_id,
            engine=granted.engine,
            photos=msgspec.convert(granted.photos, tuple[PhotoToJudge, ...], from_attributes=True),
            template_key=granted.template_key,
        )

    def source_photo(self, granted: SourcePhotoGranted) -> SourcePhotoWork:
        """As `photo_set`."""
        return SourcePhotoWork(
            twin=granted.twin_id,
            engine=granted.engine,
            photo=PhotoToJudge(granted.photo_id, granted.object_key, granted.clean_key),
            template_key=granted.template_key,
            checks_of_twin=granted.checks_of_twin,
            checks_of_nobody=granted.checks_of_nobody,
        )

    def pack(self, granted: PublishPackGranted) -> PublishWork:
        """As `photo_set`."""
        return PublishWork(
            pack=granted.pack_id,
            packs=publish_packs_id(granted.owner_id),
            items=tuple(
                PackItemWork(
                    asset=item.asset_id,
                    object_key=item.object_key,
                    sha256=item.sha256,
                    is_clip=item.duration_ms is not None,
                    files=tuple(
                        PackPlace(file.preset, file.object_key, *PRESET_SIZES.get(file.preset, ()))
                        for file in item.files
                    ),
                )
                for item in granted.items
            ),
        )

    def outputs(self, granted: ScreeningGranted) -> OutputsWork:
        """As `photo_set`."""
        adapter, clip = granted.adapter, granted.clip
        return OutputsWork(
            engine=granted.engine,
            rating=granted.rating.value,
            outputs=tuple(
                OutputToScreen(
                    item=item.item,
                    asset=item.asset_id,
                    quarantine_key=item.quarantine_key,
                    gallery_key=item.gallery_key,
                    sha256=item.sha256,
                    media_type=item.media_type,
                    renditions=tuple(
                        RenditionPlace(RenditionRole(place.role.value), place.object_key)
                        for place in item.others
                        if place.role not in THUMBNAIL_SIDES_MAX
                    )
                    or msgspec.UNSET,
                    source=item.source_id or msgspec.UNSET,
                    own_photo=item.from_own_photo or msgspec.UNSET,
                    thumbnails=tuple(
                        ThumbnailPlace(ThumbnailRole(place.role.value), place.object_key)
                        for place in item.others
                        if place.role in THUMBNAIL_SIDES_MAX
                    )
                    or msgspec.UNSET,
                )
                for item in granted.outputs
            ),
            required_checks=granted.required_checks,
            template_key=granted.template_key,
            adapter_quarantine_key=adapter.quarantine_key if adapter else None,
            adapter_key=adapter.adapter_key if adapter else None,
            adapter_rank=adapter.rank if adapter else None,
            screening=granted.screening,
            clip=msgspec.UNSET
            if clip is None
            else ClipToScreen(clip.frames, clip.frame_rate, clip.frames_min),
            checkpoints=tuple(
                CheckpointToCheck(one.step, one.quarantine_key, one.adapter_key)
                for one in granted.checkpoints
            )
            or msgspec.UNSET,
        )

    def _images(
        self, granted: ClaimGranted, images: ImagesGrant, text: PromptText, deadline_s: float
    ) -> ImageWork:
        return ImageWork(
            engine=granted.engine,
            prompt=_said(text.prompt),
            negative_prompt=_said(text.negative_prompt),
            items=tuple(
                ImageItem(item.item, item.seed, self._picture_upload(item.upload_key, deadline_s))
                for item in images.items
            ),
            adapter=self._adapter(images.adapter),
            source=self._source(images.source) or msgspec.UNSET,
            **_said_to(ImageWork, granted.engine, images.settings),
        )

    def _clips(
        self, granted: ClaimGranted, clips: VideoGrant, text: PromptText, deadline_s: float
    ) -> VideoWork:
        size_max = clip_options(engine(granted.engine)).raw_size_bytes_max
        media_type = video_kind.FRAMES.media_type
        return VideoWork(
            engine=granted.engine,
            prompt=_said(text.prompt),
            negative_prompt=_said(text.negative_prompt),
            items=tuple(
                VideoItem(
                    item.item,
                    item.seed,
                    self._upload(item.upload_key, media_type, size_max, deadline_s),
                )
                for item in clips.items
            ),
            adapter=self._adapter(clips.adapter),
            source=self._source(clips.source),
            **_said_to(VideoWork, granted.engine, clips.settings),
        )

    def _adapter(self, adapter: GrantedAdapter | None) -> Download | None:
        if adapter is None:
            return None
        return Download(self._download(adapter.object_key), adapter.sha256)

    def _source(self, source: GrantedSource | None) -> SourcePicture | None:
        if source is None:
            return None
        return SourcePicture(
            Download(self._download(source.object_key), source.sha256), source.strength
        )

    def _training(
        self, granted: ClaimGranted, training: TrainingGrant, deadline_s: float
    ) -> TrainingWork:
        return TrainingWork(
            engine=granted.engine,
            photos=tuple(
                TrainingPhoto(photo.photo_id, Download(self._download(photo.object_key)))
                for photo in training.photos
            ),
            seed=training.seed,
            sample_prompts=training.sample_prompts,
            sample_uploads=tuple(
                self._picture_upload(item.upload_key, deadline_s) for item in training.items
            ),
            adapter_upload=self._adapter_upload(training.adapter_upload_key, deadline_s),
            checkpoint_uploads=tuple(
                self._adapter_upload(key, deadline_s) for key in training.checkpoint_upload_keys
            )
            or msgspec.UNSET,
            **_said_to(TrainingWork, granted.engine, training.settings),
        )

    def _download(self, key: str) -> str:
        return self._objects.presign_download(key, expires_in_s=DOWNLOAD_LIFETIME_S)

    def _picture_upload(self, key: str, deadline_s: float) -> Upload:
        return self._upload(key, images_kind.PNG, PICTURE_SIZE_MAX_BYTES, deadline_s)

    def _adapter_upload(self, key: str, deadline_s: float) -> Upload:
        return self._upload(key, "application/octet-stream", ADAPTER_SIZE_MAX_BYTES, deadline_s)

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


def _said(text: FreeText | None) -> str:
    """A prompt as an engine is told it. Older ones may hold a NUL, which no message does."""
    return text_or(text).replace("\x00", "")


def _said_to(work: type[msgspec.Struct], engine_id: str, settings: JobSettings) -> dict[str, Any]:
    """Those of a job's settings that its worker is told, under the names that both have."""
    resolved = msgspec.structs.asdict(settings)
    resolved["width"], resolved["height"] = engine(engine_id).drawn_today(
        settings.width, settings.height
    )
    return {name: resolved[name] for name in work.__struct_fields__ if name in resolved}
