"""A photo of one's own to begin something with: where it lies, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

import msgspec

from domain.asset import RefusalReason, Why
from domain.checks import Check, CheckVerdict
from domain.policy import PolicyRow
from domain.release import refusals_of_checks


class SourcePlaces(msgspec.Struct, frozen=True):
    """Prefixes, named once and stored. They lie under those of the twin's consent: whatever deletes
    all that it covered takes them along.
    """

    uploads: str
    photos: str

    @property
    def all(self) -> tuple[str, ...]:
        """Everything there may be of this photo."""
        return (self.uploads, self.photos)

    @property
    def upload(self) -> str:
        """The photo as its owner uploaded it, unchecked."""
        return f"{self.uploads}source"

    def clean_photo(self, claim_id: UUID) -> str:
        """The clean copy as one screening has written it: decoded, upright, without metadata."""
        return f"{self.photos}{claim_id}.png"


def places_of_source(owner_id: UUID, twin_id: UUID, epoch: int, photo_id: UUID) -> SourcePlaces:
    """Places for a new photo."""
    return SourcePlaces(
        uploads=f"uploads/{owner_id}/{twin_id}/{epoch}/{photo_id}/",
        photos=f"photos/{twin_id}/{epoch}/{photo_id}/",
    )


class SourceFlaw(StrEnum):
    """Why a photo was refused. What can be wrong with any photo is called as in a set."""

    NOT_UPLOADED = "not-uploaded"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    ANIMATED = "animated"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_SMALL = "too-small"
    UNSUPPORTED_COLOUR = "unsupported-colour"
    SEVERAL_FACES = "several-faces"
    ANOTHER_PERSON = "another-person"
    REAL_PHOTOGRAPH = "real-photograph"
    NOT_ALLOWED = "not-allowed"
    NOT_JUDGED = "not-judged"


class SourceState(StrEnum):
    """How far a photo has come."""

    PLANNED = "planned"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"


class SourceGone(StrEnum):
    """Why a photo was deleted."""

    BY_OWNER = "by-owner"
    NOT_SUBMITTED = "not-submitted"
    NOT_USED = "not-used"
    CONSENT_ENDED = "consent-ended"


class CleanPhoto(msgspec.Struct, frozen=True):
    """What a job reads. `sha256` in lower-case hex, sizes in pixels. Always a PNG."""

    object_key: str
    sha256: str
    size_bytes: int
    width: int
    height: int


class SourcePhoto(msgspec.Struct, frozen=True):
    """One that is there. `last_used_at` is when it was accepted until a job begins with it."""

    twin_id: UUID
    epoch: int
    engine: str
    places: SourcePlaces
    planned_at: datetime
    state: SourceState = SourceState.PLANNED
    clean: CleanPhoto | None = None
    last_used_at: datetime | None = None
    lent_to: tuple[UUID, ...] = ()


class SourcePhotosState(msgspec.Struct, frozen=True):
    """All that is known of an owner's photos, for a snapshot. Holds no text."""

    created_on: datetime
    modified_on: datetime
    owner_id: UUID
    kept: dict[UUID, SourcePhoto]


_IN_WORDS: Mapping[str, SourceFlaw] = MappingProxyType(
    {
        Check.FACE_COUNT: SourceFlaw.SEVERAL_FACES,
        Check.IDENTITY: SourceFlaw.ANOTHER_PERSON,
        Check.NO_ENROLLED_MATCH: SourceFlaw.ANOTHER_PERSON,
        Check.IN_WORLD: SourceFlaw.REAL_PHOTOGRAPH,
        Check.KNOWN_HASH: SourceFlaw.NOT_ALLOWED,
        Check.MINOR_VETO: SourceFlaw.NOT_ALLOWED,
        Check.CONTENT_RATING: SourceFlaw.NOT_ALLOWED,
    }
)


def flaws_of_source(
    row: PolicyRow | None, twin_id: UUID, checks: Sequence[CheckVerdict]
) -> tuple[SourceFlaw, ...]:
    """What speaks against a photo of this twin that could be read; empty where nothing does.

    It passes what outputs pass, credentials aside, which it never gets. A face has to be the
    twin's; without any it is judged as what shows nobody. Without a policy nothing passes.
    """
    if row is None:
        return (SourceFlaw.NOT_JUDGED,)
    faces = [check.score for check in checks if check.check == Check.FACE_COUNT]
    shown = None if faces == [0.0] else twin_id
    required = [name for name in row.checks_for(shown) if name != Check.PROVENANCE]
    reasons = refusals_of_checks(required, checks, hash_list_age_max_s=row.hash_list_age_max_s)
    flaws = tuple(dict.fromkeys(_flaw(reason) for reason in reasons))
    # A check that another one leaves nothing to say is no reason to try the photo again.
    return tuple(flaw for flaw in flaws if flaw is not SourceFlaw.NOT_JUDGED) or flaws


def _flaw(reason: RefusalReason) -> SourceFlaw:
    if reason.why is not Why.FAILED:
        return SourceFlaw.NOT_JUDGED
    return _IN_WORDS.get(reason.check, SourceFlaw.NOT_JUDGED)
