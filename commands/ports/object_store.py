"""Bytes under keys: photos, adapters and pictures. Events only ever name the key."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

DOWNLOAD_LIFETIME_MAX_S = 120
"""A URL is a credential: whoever has it needs nothing else. No store mints one that lasts longer.
"""


@dataclass(frozen=True)
class PresignedUpload:
    """A POST form: `fields` first, in this order, then the bytes as the form field `file`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class ObjectFacts:
    """What is known of an object without reading it. `sha256_hex` is of the bytes as stored.

    None where the store does not know the digest. Nothing may rely on it: whoever has to be sure
    reads the bytes.
    """

    size_bytes: int
    media_type: str
    sha256_hex: str | None


@dataclass(frozen=True)
class OpenObject:
    """One object, or a span of it, while it is read. `facts` are those of the whole object.

    `chunks` are read from the store as they are asked for, once. They raise `StoreUnavailable`
    where the store ends too early: no reader takes a part for the whole. Whoever does not read to
    the end calls `close` on them.
    """

    facts: ObjectFacts
    chunks: Generator[bytes]


@dataclass(frozen=True)
class ListedObject:
    """An object as a listing knows it. `written_at` by the store's clock."""

    key: str
    size_bytes: int
    written_at: datetime


class ObjectAbsent(Exception):
    """There is no object under this key. It may never have been there, or be deleted already."""


class ObjectPresent(Exception):
    """There is an object under this key already, and it was to be left alone. It was."""


class SpanAbsent(Exception):
    """The object ends before the span that was asked for begins. `size_bytes` is where it ends."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"the object ends at {size_bytes}")
        self.size_bytes = size_bytes


class StoreUnavailable(Exception):
    """The store does not answer, or not as it should. Nothing is known of what was asked for.

    The same request may succeed later. `code` is the store's own word for it, never a key or a URL.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StoreFull(Exception):
    """There is no room. Nothing was written, and what stood under the key still stands."""


class PlaceClosed(Exception):
    """Nothing may be written there any more. Nothing was."""


class ObjectStore(Protocol):
    """Objects appear whole or not at all; the last put of a key wins.

    Keys are relative paths of `[A-Za-z0-9._-]` segments. Any other key, and any with an empty, `.`
    or `..` segment, raises `ValueError` everywhere. No key that is used lies below another one: a
    store may keep keys as files and prefixes as folders. Everything that reaches the store may
    raise `StoreUnavailable`.
    """

    @property
    def recalls_forms(self) -> bool:
        """Whether `close` makes forms worthless that were given out before."""
        ...

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
        It answers ranges. Raises ValueError beyond `DOWNLOAD_LIFETIME_MAX_S`.
        """
        ...

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        """Write an object. Raises `StoreFull`, `PlaceClosed`."""
        ...

    def put_new(self, key: str, data: bytes, *, media_type: str) -> None:
        """As `put`, where there is none: of several who try at once, one writes.

        Raises `ObjectPresent` where there is one.
        """
        ...

    def write(self, key: str, chunks: Iterable[bytes], *, media_type: str) -> ObjectFacts:
        """As `put`, of bytes that come one after the other and need not fit into memory.

        Where `chunks` raises, nothing is written. The answer has the digest of what was written,
        whether or not the store knows it.
        """
        ...

    def get(self, key: str) -> bytes:
        """An object's bytes, all at once. Raises `ObjectAbsent`."""
        ...

    def open(self, key: str, *, first_byte: int = 0, last_byte: int | None = None) -> OpenObject:
        """An object to be read bit by bit, from `first_byte` to `last_byte`, both included.

        A `last_byte` beyond the end means the end. Raises `ObjectAbsent`; raises `SpanAbsent` where
        the object ends before `first_byte`; an empty object has no first byte but can be opened
        whole.
        """
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

    def listed(self, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        """As `keys`, with what a listing knows besides, and only keys that sort behind `after`."""
        ...
