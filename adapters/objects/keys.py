"""Which keys, places, names and lifetimes exist at all.

A key is later a path, so this is where escapes end.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from commands.ports.object_store import DOWNLOAD_LIFETIME_MAX_S

KEY_LENGTH_MAX = 512
FILE_NAME_LENGTH_MAX = 200
_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,128}")


def checked_key(key: str) -> str:
    """Answer the key itself. Raises ValueError for anything the port's contract does not allow."""
    if not 0 < len(key) <= KEY_LENGTH_MAX:
        raise ValueError("an object key is empty or too long")
    for segment in key.split("/"):
        if segment in (".", "..") or not _SEGMENT.fullmatch(segment):
            raise ValueError("an object key has a segment that is not allowed")
    return key


def checked_prefix(prefix: str) -> str:
    """Answer the prefix itself. Raises ValueError unless it is some key followed by a slash."""
    if not prefix.endswith("/"):
        raise ValueError("a prefix ends with a slash, or `a/1` would also name `a/10`")
    checked_key(prefix[:-1])
    return prefix


def checked_place(place: str) -> str:
    """Answer the key or prefix itself. Raises ValueError unless it is one of both."""
    return checked_prefix(place) if place.endswith("/") else checked_key(place)


def places_above(key: str) -> Iterator[str]:
    """The key itself, and every prefix that it lies below."""
    yield key
    for index, character in enumerate(key):
        if character == "/":
            yield key[: index + 1]


def checked_lifetime(expires_in_s: int) -> int:
    """Answer the lifetime of a download's URL. Raises ValueError for one that is too long."""
    if not 0 < expires_in_s <= DOWNLOAD_LIFETIME_MAX_S:
        raise ValueError(f"a download's URL lasts {DOWNLOAD_LIFETIME_MAX_S} s at most")
    return expires_in_s


def checked_file_name(file_name: str | None) -> str | None:
    """Answer the name of an attachment. Raises ValueError where it is empty or too long."""
    if file_name is not None and not 0 < len(file_name) <= FILE_NAME_LENGTH_MAX:
        raise ValueError("a file name is empty or too long")
    return file_name


def disposition(file_name: str | None) -> str:
    """The `Content-Disposition` of a download."""
    if file_name is None:
        return "inline"
    return f"attachment; filename*=UTF-8''{quote(file_name, safe='')}"


def checked_digest(sha256_hex: str) -> str:
    """Answer the digest in lower case. Raises ValueError for anything but 64 digits."""
    if len(sha256_hex) != 64 or len(bytes.fromhex(sha256_hex)) != 32:
        raise ValueError("a SHA-256 is 64 hexadecimal digits")
    return sha256_hex.lower()
