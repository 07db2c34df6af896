"""Bytes under keys: photos, adapters and pictures. Events only ever name the key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class PresignedUpload:
    """A POST form: `fields` first, in this order, then the bytes as the form field `file`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class ObjectFacts:
    """What is known of an object without reading it. `sha256_hex` is of the bytes as stored."""

    size_bytes: int
    media_type: str
    sha256_hex: str


class ObjectAbsent(Exception):
    """There is no object under this key. It may never have been there, or be deleted already."""


class StoreFull(Exception):
    """There is no room. Nothing was written, and what stood under the key still stands."""


class PlaceClosed(Exception):
    """Nothing may be written there any more. Nothing was."""


class ObjectStore(Protocol):
    """Objects appear whole or not at all; the last put of a key wins.

    Keys are relative paths of `[A-Za-z0-9._-]` segments. Any other key, and any with an empty, `.`
    or `..` segment, raises `ValueError` everywhere.
    """

    def presign_upload(
        self,
        key: str,
        *,
        media_type: str,
        size_bytes_min: int,
        size_bytes_max: int,
        sha256_hex: str | None,
        expires_in_s: int,
    ) -> PresignedUpload:
        """A form with which a stranger may write this one key, until it expires.

        The store refuses another key, type, a size outside the range, and, where `sha256_hex` is
        given, other bytes. The form may be used more than once until then.
        """
        ...

    def presign_download(self, key: str, *, expires_in_s: int, file_name: str | None = None) -> str:
        """A URL from which a stranger may read this one key, until it expires.

        With `file_name` the answer is an attachment of that name. The object need not exist yet.
        """
        ...

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        """Write an object. Raises `StoreFull`, `PlaceClosed`."""
        ...

    def get(self, key: str) -> bytes:
        """An object's bytes. Raises `ObjectAbsent`."""
        ...

    def head(self, key: str) -> ObjectFacts | None:
        """An object's facts, or None where there is none."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete these objects. Keys without an object are passed over: may be repeated."""
        ...

    def delete_prefix(self, prefix: str) -> int:
        """Delete everything under a prefix ending in `/`. Answers how many objects went.

        May be repeated; an object written meanwhile may survive. Raises `ValueError` for a prefix
        without the final `/`, since `a/1` would also name `a/10`.
        """
        ...

    def close(self, places: Iterable[str]) -> None:
        """Refuse whatever is written from now on to these keys, or below these prefixes.

        Forms that were given out before are worth nothing then, and an upload on its way is either
        refused or there when this returns, to be deleted. May be repeated. What is there stays. A
        place is closed for days, longer than any form lasts, and may be open again after that. A
        store that cannot recall its forms does nothing: whoever deletes there deletes again once
        the last form is over. Raises `StoreFull` where there is no room to note what is closed.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key under a prefix, sorted. The empty prefix means all."""
        ...
