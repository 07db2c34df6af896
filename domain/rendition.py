"""One file of a released output: what it is for, where it lies, what it holds."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class RenditionRole(StrEnum):
    """What a file is for. Downloadable ones carry content credentials, a poster carries none."""

    MASTER = "master"
    PREVIEW = "preview"
    GIF = "gif"
    POSTER = "poster"


DOWNLOADABLE = frozenset({RenditionRole.MASTER, RenditionRole.PREVIEW, RenditionRole.GIF})
"""What may leave the studio as a file."""


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
