"""Where the files of gallery items are seen, on the studio's own origin, and what they are called.

An address names no host: it is good wherever the page is that shows it, and for as long as its
viewer may look.
"""

from uuid import UUID

from commands.catalogue import RenditionRole

MEDIA_PATH = "/media"
SOURCE_PHOTOS_PATH = f"{MEDIA_PATH}/source-photos"
PACKS_PATH = f"{MEDIA_PATH}/packs"
VERSION_DIGITS = 16
"""Of the digest: other bytes have another address, and no cache takes old ones for them."""

FILE_NAME_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
}
"""By media type, for whatever is released."""


def media_address(asset_id: UUID, role: RenditionRole, sha256: str) -> str:
    """The relative address of one file."""
    return f"{MEDIA_PATH}/{asset_id}/{role.value}?v={sha256[:VERSION_DIGITS]}"


def source_photo_address(photo_id: UUID) -> str:
    """The relative address of the clean copy of a photo to begin with."""
    return f"{SOURCE_PHOTOS_PATH}/{photo_id}"


def pack_address(pack_id: UUID, asset_id: UUID, preset: str) -> str:
    """The relative address of one file of a pack."""
    return f"{PACKS_PATH}/{pack_id}/{asset_id}/{preset}"


def is_version_of(version: str | None, sha256: str) -> bool:
    """Whether an address was made for these very bytes."""
    return version is not None and version == sha256[:VERSION_DIGITS]


def file_name(kind: str, asset_id: UUID, role: RenditionRole, media_type: str) -> str:
    """What a file is called where somebody keeps it. `kind` is the item's."""
    of_what = "" if role is RenditionRole.MASTER else f"-{role.value}"
    return f"{kind}-{asset_id}{of_what}{FILE_NAME_SUFFIXES[media_type]}"
