"""What a job begins with: a picture of the owner's gallery in sight, or a photo of theirs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from commands.source_photos.own_source_photos import own_source_photos
from commands.work import Work
from domain.asset import Asset
from domain.engines.entry import EngineEntry, RealRange
from domain.job import Job
from domain.job_input import InputRole, JobInput, input_of
from domain.refusals import (
    AssetNotAvailable,
    SettingOutOfRange,
    SourceNotAPicture,
    SourceRatioDiffers,
    TwoSources,
)
from domain.setting_ranges import known_ratio, ratio_like, real_within
from domain.source_photos import SourcePhotos, is_covered
from domain.twin import Twin


@dataclass(frozen=True)
class Source:
    """What a job begins with: its size in pixels, the twin that it shows as it is now, what the
    job stores of it, and who lends it.
    """

    width: int
    height: int
    shows: Twin | None
    stored: JobInput
    lender: Asset | SourcePhotos

    def lend(self, job_id: UUID, *, at: datetime) -> None:
        """Let the job begin with it. Raises `AssetNotAvailable`, `NotFound`."""
        match self.lender:
            case Asset() as asset:
                asset.lend(job_id, at=at)
            case SourcePhotos() as photos:
                assert self.stored.upload_id is not None
                photos.lend(self.stored.upload_id, job_id, at=at)


class AskedWithSource(Protocol):
    """What a request and its quote say of the picture to begin with. None means none."""

    @property
    def engine(self) -> str: ...
    @property
    def source_asset_id(self) -> UUID | None: ...
    @property
    def source_photo_id(self) -> UUID | None: ...
    @property
    def source_strength(self) -> float | None: ...


def asked_source(asked: AskedWithSource, work: Work, *, allowed: RealRange) -> Source | None:
    """The picture or photo that is named, if one is.

    Raises `TwoSources` where both are, and as `gallery_source` and `photo_source`.
    """
    strength = asked.source_strength
    if asked.source_photo_id is not None:
        if asked.source_asset_id is not None:
            raise TwoSources()
        photo = asked.source_photo_id
        return photo_source(work, photo, engine=asked.engine, strength=strength, allowed=allowed)
    if asked.source_asset_id is None:
        return None
    return gallery_source(work, asked.source_asset_id, strength=strength, allowed=allowed)


def gallery_source(
    work: Work, asset_id: UUID, *, strength: float | None, allowed: RealRange
) -> Source:
    """The picture under this id, drawn anew by `strength` within what the engine allows.

    Raises `NotFound`, also for somebody else's, `AssetNotAvailable` for a refused, hidden or purged
    one, `SourceNotAPicture`, `SettingOutOfRange`.
    """
    asset, shows = shown_asset(work, asset_id)
    master = asset.master
    if master.duration_ms is not None:
        raise SourceNotAPicture()
    return Source(
        width=master.width,
        height=master.height,
        shows=shows,
        stored=JobInput(
            role=InputRole.SOURCE,
            object_key=master.object_key,
            sha256=master.sha256,
            strength=real_within("source_strength", strength, allowed),
            asset_id=asset.id,
        ),
        lender=asset,
    )


def photo_source(
    work: Work, photo_id: UUID, *, engine: str, strength: float | None, allowed: RealRange
) -> Source:
    """The owner's photo under this id. Whatever begins with it draws the twin that it belongs to.

    Raises `NotFound`, also for somebody else's, `SourcePhotoNotReady`,
    `SourcePhotoOfAnotherEngine`, `SettingOutOfRange`.
    """
    photos = own_source_photos(work)
    twin = work.load(Twin, photos.of(photo_id).twin_id)
    clean = photos.require_ready(photo_id, twin, engine)
    return Source(
        width=clean.width,
        height=clean.height,
        shows=twin,
        stored=JobInput(
            role=InputRole.SOURCE,
            object_key=clean.object_key,
            sha256=clean.sha256,
            strength=real_within("source_strength", strength, allowed),
            upload_id=photo_id,
        ),
        lender=photos,
    )


def shown_asset(work: Work, asset_id: UUID) -> tuple[Asset, Twin | None]:
    """An asset that is in sight, and the twin that it shows.

    Raises `NotFound`, also for somebody else's, `AssetNotAvailable`.
    """
    asset = work.load(Asset, asset_id)
    shows = _shows(work, asset)
    if not _is_shown(asset, shows):
        raise AssetNotAvailable()
    return asset, shows


def sources_hold(work: Work, job: Job) -> bool:
    """Whether what a job is to read, if anything, is still there and in sight."""
    source = input_of(job.inputs, InputRole.SOURCE)
    if source is None:
        return True
    if source.upload_id is not None:
        return _photo_holds(work, source.upload_id)
    if source.asset_id is None:
        return True
    asset = work.load(Asset, source.asset_id)
    return _is_shown(asset, _shows(work, asset))


def _photo_holds(work: Work, photo_id: UUID) -> bool:
    photos = own_source_photos(work)
    photo = photos.kept.get(photo_id)
    return photo is not None and is_covered(photo, work.load(Twin, photo.twin_id))


def _shows(work: Work, asset: Asset) -> Twin | None:
    return None if asset.twin_id is None else work.load(Twin, asset.twin_id)


def _is_shown(asset: Asset, shows: Twin | None) -> bool:
    return asset.is_shown(None if shows is None else shows.consent_in_force)


def require_a_step(steps: int, source: Source | None) -> None:
    """Refuse a strength that draws nothing anew, for which nobody should pay.

    `steps` is how many would be made without a source. Raises `SettingOutOfRange`.
    """
    if source is not None and int(steps * source.stored.strength) < 1:
        raise SettingOutOfRange("source_strength", 1 / steps, 1)


def ratio_of_source(entry: EngineEntry, asked: str | None, source: Source | None) -> str | None:
    """The ratio to ask for: the source's own, where there is one. None means the engine's default.

    Raises `AspectRatioUnsupported`, `SourceRatioDiffers`.
    """
    if source is None:
        return asked
    ratio = ratio_like(entry, source.width, source.height)
    if ratio is None or (asked is not None and known_ratio(entry, asked) != ratio):
        raise SourceRatioDiffers(source.width, source.height)
    return ratio
