"""What there is to ask for: engines, texts and limits, as the commands will judge them."""

from dataclasses import dataclass

from domain.asset_kind import AssetKind
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope, LegalText
from domain.engines import ENGINES
from domain.engines.entry import ClipOptions, EngineEntry, RealRange, WholeRange
from domain.job_kind import JobKind
from domain.job_state import JobState
from domain.photo_set import PHOTOS_MAX, PHOTOS_MIN
from domain.rating import Rating
from domain.rendition import DOWNLOADABLE, RenditionRole


@dataclass(frozen=True)
class Catalogue:
    """Everything a form needs to know before it asks."""

    engines: tuple[EngineEntry, ...]
    consent: LegalText
    consent_scopes: tuple[ConsentScope, ...]
    biometric_release: LegalText
    photos_min: int
    photos_max: int


def catalogue() -> Catalogue:
    """The catalogue of this release."""
    return Catalogue(
        engines=tuple(ENGINES.values()),
        consent=CONSENT,
        consent_scopes=tuple(ConsentScope),
        biometric_release=BIOMETRIC_RELEASE,
        photos_min=PHOTOS_MIN,
        photos_max=PHOTOS_MAX,
    )


__all__ = [
    "DOWNLOADABLE",
    "AssetKind",
    "Catalogue",
    "ClipOptions",
    "ConsentScope",
    "JobKind",
    "JobState",
    "Rating",
    "RealRange",
    "RenditionRole",
    "WholeRange",
    "catalogue",
]
