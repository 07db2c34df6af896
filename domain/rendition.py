"""One file of a released output: what it is for, where it lies, what it holds."""

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType

import msgspec


class RenditionRole(StrEnum):
    """What a file is for. Downloadable ones carry content credentials.

    A poster and thumbnails carry none: they are shown, and never offered for download.
    """

    MASTER = "master"
    PREVIEW = "preview"
    GIF = "gif"
    POSTER = "poster"
    THUMBNAIL_256 = "thumbnail-256"
    THUMBNAIL_512 = "thumbnail-512"


DOWNLOADABLE = frozenset({RenditionRole.MASTER, RenditionRole.PREVIEW, RenditionRole.GIF})
"""What may leave the studio as a file."""

THUMBNAIL_SIDES_MAX = MappingProxyType(
    {RenditionRole.THUMBNAIL_256: 256, RenditionRole.THUMBNAIL_512: 512}
)
"""The longest side in pixels of each: a tile's, and a tile's on a screen with twice the dots."""

THUMBNAIL_SIZE_BYTES_MAX = 20_000
"""A page of forty loads in a second on a slow line."""


class Rendition(msgspec.Struct, frozen=True):
    """One file. Sizes in pixels, `sha256` in lower-case hex; `duration_ms` is None for a still."""

    role: RenditionRole
    object_key: str
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int
    duration_ms: int | None = None


def role_of(renditions: Sequence[Rendition], role: RenditionRole) -> Rendition:
    """The file that is for this. Raises ValueError where there is not exactly one."""
    [found] = [rendition for rendition in renditions if rendition.role is role]
    return found
