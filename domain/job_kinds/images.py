"""Pictures: one PNG an item, priced by its steps."""

import msgspec

from domain.asset_kind import AssetKind
from domain.consent_text import ConsentScope
from domain.engines.entry import EngineEntry
from domain.job_kind import JobKind
from domain.job_kinds.entry import (
    THUMBNAILS,
    Delivery,
    Extent,
    FrameSize,
    JobKindEntry,
    RawOutput,
    RenditionRule,
    Share,
    UnitPrices,
)
from domain.rendition import RenditionRole
from domain.screening_profile import ScreeningProfile
from domain.settings import ImageSettings, TrainingSettings, guided

PNG = "image/png"
PICTURE = RawOutput(media_type=PNG, suffix=".png")
PICTURE_FILES = (RenditionRule(RenditionRole.MASTER, (PNG,)), *THUMBNAILS)


def _prices(entry: EngineEntry) -> UnitPrices | None:
    if JobKind.IMAGES not in entry.pipelines:
        return None
    return UnitPrices(unit=entry.prices.image, step=entry.prices.image_step)


def _share(settings: ImageSettings, items: int, delivery: Delivery) -> Share:
    return Share(delivery.released, items)


def _batch_key(entry: EngineEntry, settings: ImageSettings) -> str:
    known = {**msgspec.structs.asdict(settings), "guided": guided(entry, settings)}
    return "/".join([entry.id, *(str(known[name]) for name in entry.batch_key)])


def scaled(entry: EngineEntry, settings: ImageSettings | TrainingSettings) -> FrameSize:
    """What is drawn at the settings' size is delivered so large."""
    width, height = entry.drawn_today(settings.width, settings.height)
    return FrameSize(width * entry.delivery_scale, height * entry.delivery_scale)


ENTRY = JobKindEntry(
    kind=JobKind.IMAGES,
    consumer="image",
    settings=ImageSettings,
    asset_kind=AssetKind.IMAGE,
    scope=ConsentScope.PICTURES,
    screening=ScreeningProfile.PICTURES,
    raw=PICTURE,
    renditions=PICTURE_FILES,
    prices=_prices,
    extent=lambda settings: Extent(steps=settings.num_inference_steps),
    share=_share,
    batch_key=_batch_key,
    size=scaled,
)
