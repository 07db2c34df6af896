"""Which object keys exist at all. A key is later a path, so this is where escapes end."""

import re
from collections.abc import Iterator

KEY_LENGTH_MAX = 512
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
