"""Objects in memory, for tests. Passes the contract suite of the real stores."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from adapters.objects.keys import checked_key, checked_place, checked_prefix, places_above
from adapters.objects.presigned import Presigner
from adapters.objects.spans import CHUNK_BYTES, span_within
from commands.ports.object_store import (
    ListedObject,
    ObjectAbsent,
    ObjectFacts,
    ObjectPresent,
    OpenObject,
    PlaceClosed,
    PresignedUpload,
    StoreFull,
)

CAPACITY_BYTES = 1024 * 1024 * 1024


class InMemoryObjectStore:
    """Implements `commands.ports.object_store.ObjectStore` and serves its own presigned forms."""

    def __init__(self, presigner: Presigner, *, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._presigner = presigner
        self._capacity_bytes = capacity_bytes
        self._objects: dict[str, tuple[bytes, ObjectFacts, datetime]] = {}
        self._closed: set[str] = set()

    @property
    def presigner(self) -> Presigner:
        """Who signs this store's forms and URLs."""
        return self._presigner

    @property
    def recalls_forms(self) -> bool:
        """See the port."""
        return True

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
        """See the port."""
        return self._presigner.upload(
            key,
            media_type=media_type,
            size_bytes_min=size_bytes_min,
            size_bytes_max=size_bytes_max,
            sha256_hex=sha256_hex,
            expires_in_s=expires_in_s,
        )

    def presign_download(self, key: str, *, expires_in_s: int, file_name: str | None = None) -> str:
        """See the port."""
        return self._presigner.download(key, expires_in_s=expires_in_s, file_name=file_name)

    def draft(self, key: str) -> "InMemoryDraft":
        """Begin to write an object. Raises `PlaceClosed`."""
        self._require_open(key)
        return InMemoryDraft(self, checked_key(key))

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        """See the port."""
        self.keep(
            checked_key(key),
            data,
            ObjectFacts(len(data), media_type, hashlib.sha256(data).hexdigest()),
        )

    def put_new(self, key: str, data: bytes, *, media_type: str) -> None:
        """See the port."""
        self.keep(
            checked_key(key),
            data,
            ObjectFacts(len(data), media_type, hashlib.sha256(data).hexdigest()),
            replace=False,
        )

    def write(self, key: str, chunks: Iterable[bytes], *, media_type: str) -> ObjectFacts:
        """See the port. Here it does have to fit."""
        data = b"".join(chunks)
        facts = ObjectFacts(len(data), media_type, hashlib.sha256(data).hexdigest())
        self.keep(checked_key(key), data, facts)
        return facts

    def keep(self, key: str, data: bytes, facts: ObjectFacts, *, replace: bool = True) -> None:
        """Store a finished object. Raises `StoreFull`, `PlaceClosed`, `ObjectPresent`."""
        self._require_open(key)
        # Copied at once: another thread may write or delete meanwhile.
        others = sum(len(held) for name, (held, *_) in list(self._objects.items()) if name != key)
        if others + len(data) > self._capacity_bytes:
            raise StoreFull
        mine = (data, facts, datetime.now(UTC))
        if replace:
            self._objects[key] = mine
        elif self._objects.setdefault(key, mine) is not mine:
            raise ObjectPresent

    def get(self, key: str) -> bytes:
        """See the port."""
        try:
            return self._objects[checked_key(key)][0]
        except KeyError:
            raise ObjectAbsent from None

    def open(self, key: str, *, first_byte: int = 0, last_byte: int | None = None) -> OpenObject:
        """See the port."""
        try:
            data, facts, _ = self._objects[checked_key(key)]
        except KeyError:
            raise ObjectAbsent from None
        first, length = span_within(len(data), first_byte, last_byte)
        wanted = data[first : first + length]
        pieces = (wanted[at : at + CHUNK_BYTES] for at in range(0, length, CHUNK_BYTES))
        return OpenObject(facts, pieces)

    def head(self, key: str) -> ObjectFacts | None:
        """See the port."""
        held = self._objects.get(checked_key(key))
        return None if held is None else held[1]

    def delete(self, keys: Iterable[str]) -> None:
        """See the port."""
        for key in [checked_key(key) for key in keys]:
            self._objects.pop(key, None)

    def delete_prefix(self, prefix: str) -> int:
        """See the port."""
        found = list(self.keys(checked_prefix(prefix)))
        self.delete(found)
        return len(found)

    def close(self, places: Iterable[str]) -> None:
        """See the port. Here a place stays closed."""
        closed = [checked_place(place) for place in places]
        if sum(len(held) for held, *_ in list(self._objects.values())) >= self._capacity_bytes:
            raise StoreFull
        self._closed.update(closed)

    def _require_open(self, key: str) -> None:
        if not self._closed.isdisjoint(places_above(key)):
            raise PlaceClosed

    def keys(self, prefix: str) -> Iterator[str]:
        """See the port."""
        if prefix:
            checked_prefix(prefix)
        return iter(sorted(key for key in list(self._objects) if key.startswith(prefix)))

    def listed(self, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        """See the port."""
        for key in self.keys(prefix):
            held = self._objects.get(key)
            if key > after and held is not None:
                yield ListedObject(key, len(held[0]), held[2])


class InMemoryDraft:
    """Bytes on their way into memory."""

    def __init__(self, store: InMemoryObjectStore, key: str) -> None:
        self._store = store
        self._key = key
        self._data = bytearray()

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        self._data += chunk

    def publish(self, facts: ObjectFacts) -> None:
        """Make the object visible. Raises `StoreFull`, `PlaceClosed`."""
        self._store.keep(self._key, bytes(self._data), facts)

    def discard(self) -> None:
        """Forget the bytes."""
        self._data.clear()
