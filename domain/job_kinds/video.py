"""Clips: lossless frames from the worker, released as what a browser and a phone can play."""

from domain.asset_kind import AssetKind
from domain.consent_text import ConsentScope
from domain.engines.entry import EngineEntry
from domain.job_kind import JobKind
from domain.job_kinds.entry import (
    THUMBNAILS,
    ClipLength,
    Delivery,
    Extent,
    FrameSize,
    JobKindEntry,
    RawOutput,
    RenditionRule,
    Share,
    UnitPrices,
)
from domain.rendition import Rendition, RenditionRole
from domain.screening_profile import ScreeningProfile
from domain.settings import guided
from domain.video_settings import VideoSettings

FRAMES = RawOutput(media_type="video/x-matroska", suffix=".mkv")


def _prices(entry: EngineEntry) -> UnitPrices | None:
    if entry.clips is None:
        return None
    return UnitPrices(megapixel_second=entry.clips.megapixel_second)


def _share(settings: VideoSettings, items: int, delivery: Delivery) -> Share:
    """The price is in proportion to its seconds: those that were delivered are charged."""
    asked_ms = items * settings.duration_ms
    return Share(min(delivery.delivered_ms, asked_ms), asked_ms)


def _batch_key(entry: EngineEntry, settings: VideoSettings) -> str:
    shape = (settings.width, settings.height, settings.frames, settings.num_inference_steps)
    return "/".join([entry.id, "video", *map(str, shape), str(guided(entry, settings))])


def _as_asked(settings: VideoSettings, renditions: tuple[Rendition, ...]) -> bool:
    """Nothing longer than was asked for, which nobody pays for, nor shorter than is promised."""
    [master] = [one for one in renditions if one.role is RenditionRole.MASTER]
    length_ms = master.duration_ms or 0
    return settings.duration_min_ms <= length_ms <= settings.duration_ms


ENTRY = JobKindEntry(
    kind=JobKind.VIDEO,
    consumer="video",
    settings=VideoSettings,
    asset_kind=AssetKind.VIDEO,
    scope=ConsentScope.CLIPS,
    screening=ScreeningProfile.CLIPS,
    raw=FRAMES,
    renditions=(
        RenditionRule(RenditionRole.MASTER, ("video/mp4",), moving=True),
        RenditionRule(RenditionRole.PREVIEW, ("image/webp",), moving=True),
        RenditionRule(RenditionRole.GIF, ("image/gif",), moving=True),
        RenditionRule(RenditionRole.POSTER, ("image/png", "image/webp")),
        *THUMBNAILS,
    ),
    prices=_prices,
    extent=lambda settings: Extent(pixel_ms=settings.pixels * settings.duration_ms),
    share=_share,
    batch_key=_batch_key,
    size=lambda entry, settings: FrameSize(settings.delivered_width, settings.delivered_height),
    as_asked=_as_asked,
    motion=lambda settings: settings.motion,
    clip_length=lambda settings: ClipLength(
        settings.frames, settings.frame_rate, settings.frames_min
    ),
)
