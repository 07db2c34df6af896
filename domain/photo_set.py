"""What a photo set has to be: how many photos, and what is wrong with one that is refused."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from domain.refusals import PhotoCountOutOfRange

PHOTOS_MIN = 10
"""Fewer do not show a face from enough sides to tell it from a look-alike."""

PHOTOS_MAX = 20
"""More add hours of training and no likeness."""

PHOTO_SIZE_MAX_BYTES = 12 * 1024 * 1024
"""What a good phone camera writes, with room to spare."""

PHOTO_PIXELS_MAX = 50_000_000
"""A file of ten kilobytes can unfold to gigabytes: past this the decoder does not begin."""

PHOTO_MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")


class PhotoFlaw(StrEnum):
    """Why one photo was refused."""

    NOT_UPLOADED = "not-uploaded"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    ANIMATED = "animated"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_SMALL = "too-small"
    UNSUPPORTED_COLOUR = "unsupported-colour"
    NO_FACE = "no-face"
    SEVERAL_FACES = "several-faces"
    BLURRED = "blurred"
    TOO_DARK = "too-dark"
    TOO_BRIGHT = "too-bright"
    NEAR_DUPLICATE = "near-duplicate"
    ANOTHER_PERSON = "another-person"
    REAL_PHOTOGRAPH = "real-photograph"
    NOT_JUDGED = "not-judged"


class SetFlaw(StrEnum):
    """Why photos that are good alone were refused together."""

    NOT_ONE_PERSON = "not-one-person"
    NOT_JUDGED = "not-judged"


class PhotoVerdict(msgspec.Struct, frozen=True):
    """One photo and its flaws; none where it is good."""

    photo_id: UUID
    flaws: tuple[PhotoFlaw, ...] = ()


def require_photo_set(photo_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """The photos of a set, as given. Raises `PhotoCountOutOfRange`, also for a repeated photo."""
    different = tuple(dict.fromkeys(photo_ids))
    if len(different) != len(photo_ids) or not PHOTOS_MIN <= len(different) <= PHOTOS_MAX:
        raise PhotoCountOutOfRange(PHOTOS_MIN, PHOTOS_MAX, len(different)).at("photos")
    return different


def judged_photos(
    photos: Sequence[UUID], verdicts: Sequence[PhotoVerdict]
) -> tuple[PhotoVerdict, ...]:
    """One verdict a photo, in the order of the photos; of one that nobody judged, that."""
    flaws = {verdict.photo_id: verdict.flaws for verdict in verdicts}
    return tuple(PhotoVerdict(photo, flaws.get(photo, (PhotoFlaw.NOT_JUDGED,))) for photo in photos)
