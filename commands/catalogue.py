"""What there is to ask for: engines, texts and limits, as the commands will judge them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from commands.ports.attendance import NEVER, Attendance, Presence, at_hand
from domain.asset import Why
from domain.asset_kind import AssetKind
from domain.assurance import checks_documents
from domain.bulk_change import BULK_ITEMS_MAX, CHANGED_AT_ONCE_MAX, INVERSE, GalleryChange
from domain.checks import Check
from domain.consent_scopes import scopes_offered
from domain.consent_text import (
    BIOMETRIC_RELEASE,
    CONSENT,
    SCOPE_WORDS,
    ConsentScope,
    LegalText,
    agreed_text,
    consent_version,
)
from domain.engines import ENGINES
from domain.engines.availability import Lack, lacks
from domain.engines.entry import ClipOptions, EngineEntry, RealRange, WholeRange
from domain.gallery import LabelKind
from domain.job_kind import JobKind
from domain.job_state import JobState
from domain.person import VERIFICATIONS_MAX
from domain.photo_set import PHOTOS_MAX, PHOTOS_MIN
from domain.publish_preset import PublishPreset
from domain.rating import Rating
from domain.rendition import DOWNLOADABLE, RenditionRole
from domain.rendition import THUMBNAIL_SIDES_MAX as THUMBNAILS
from domain.time_limits import UNDO_MAX
from domain.wallet_state import PurchaseFailure, PurchaseState

UNDOABLE = frozenset(INVERSE)
"""The changes of many items that can be taken back."""


@dataclass(frozen=True)
class ScopeOffered:
    """A scope that may be ticked, and the words of the text that stand beside its box."""

    scope: ConsentScope
    words: str


@dataclass(frozen=True)
class EngineOffered:
    """An engine, what keeps it from being asked for anything, and who is there to draw with it."""

    entry: EngineEntry
    lacks: tuple[Lack, ...]
    drawn_by: Presence


@dataclass(frozen=True)
class Catalogue:
    """Everything a form needs to know before it asks."""

    engines: tuple[EngineOffered, ...]
    workers: Presence
    screeners: Presence
    consent: LegalText
    consent_scopes: tuple[ScopeOffered, ...]
    biometric_release: LegalText
    photos_min: int
    photos_max: int


def catalogue(
    allowed: Collection[tuple[str, str]], attendance: Attendance, *, now: datetime
) -> Catalogue:
    """The catalogue of this release, where the policy has rows for these (engine, rating)."""
    with_rows = {engine for engine, _ in allowed}
    return Catalogue(
        engines=tuple(
            EngineOffered(
                entry,
                lacks(
                    entry,
                    at_hand(attendance, entry.id, has_policy=entry.id in with_rows),
                    now=now,
                ),
                attendance.draws.get(entry.id, NEVER),
            )
            for entry in ENGINES.values()
        ),
        workers=attendance.workers,
        screeners=attendance.screeners,
        consent=CONSENT,
        consent_scopes=tuple(
            ScopeOffered(scope, SCOPE_WORDS[scope]) for scope in scopes_offered(allowed)
        ),
        biometric_release=BIOMETRIC_RELEASE,
        photos_min=PHOTOS_MIN,
        photos_max=PHOTOS_MAX,
    )


__all__ = [
    "BULK_ITEMS_MAX",
    "CHANGED_AT_ONCE_MAX",
    "DOWNLOADABLE",
    "THUMBNAILS",
    "UNDOABLE",
    "UNDO_MAX",
    "VERIFICATIONS_MAX",
    "AssetKind",
    "Catalogue",
    "Check",
    "ClipOptions",
    "ConsentScope",
    "GalleryChange",
    "JobKind",
    "JobState",
    "LabelKind",
    "LegalText",
    "PublishPreset",
    "PurchaseFailure",
    "PurchaseState",
    "Rating",
    "RealRange",
    "RenditionRole",
    "ScopeOffered",
    "WholeRange",
    "Why",
    "agreed_text",
    "catalogue",
    "checks_documents",
    "consent_version",
]
