"""The training of a twin: an adapter, and samples that show what was learnt."""

from domain.asset_kind import AssetKind
from domain.consent_text import ConsentScope
from domain.engines.entry import EngineEntry
from domain.job_kind import JobKind
from domain.job_kinds.entry import Delivery, Extent, JobKindEntry, Share, UnitPrices
from domain.job_kinds.images import PICTURE, PICTURE_FILES, scaled
from domain.screening_profile import ScreeningProfile
from domain.settings import TrainingSettings

WHOLE = Share(1, 1)


def _prices(entry: EngineEntry) -> UnitPrices | None:
    if entry.training is None:
        return None
    return UnitPrices(unit=entry.prices.training, step=entry.prices.training_step)


def _share(settings: TrainingSettings, items: int, delivery: Delivery) -> Share:
    """The adapter is what is paid for, whichever samples were refused."""
    return WHOLE


def _batch_key(entry: EngineEntry, settings: TrainingSettings) -> str:
    """A training shares its GPU with nobody."""
    return f"{entry.id}/training"


ENTRY = JobKindEntry(
    kind=JobKind.TRAINING,
    consumer="training",
    settings=TrainingSettings,
    asset_kind=AssetKind.SAMPLE,
    scope=ConsentScope.TRAINING,
    screening=ScreeningProfile.PICTURES,
    raw=PICTURE,
    renditions=PICTURE_FILES,
    prices=_prices,
    extent=lambda settings: Extent(steps=settings.steps),
    share=_share,
    batch_key=_batch_key,
    size=scaled,
    delivers_adapter=True,
)
