"""Objects in memory, for tests. Passes the contract suite of the real stores."""

import hashlib
from collections.abc import Iterable, Iterator

from adapters.objects.keys import checked_key, checked_place, checked_prefix, places_above
from adapters.objects.presigned import Presigner
from commands.ports.object_store import (
    ObjectAbsent,
    ObjectFacts,
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
        self._objects: dict[str, tuple[bytes, ObjectFacts]] = {}
        self._closed: set[str] = set()

    @property
    def presigner(self) -> Presigner:
        """Who signs this store's forms and URLs."""
        return self._presigner

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

    def keep(self, key: str, data: bytes, facts: ObjectFacts) -> None:
        """Store a finished object. Raises `StoreFull`, `PlaceClosed`."""
        self._require_open(key)
        # Copied at once: another thread may write or delete meanwhile.
        others = sum(len(held) for name, (held, _) in list(self._objects.items()) if name != key)
        if others + len(data) > self._capacity_bytes:
            raise StoreFull
        self._objects[key] = (data, facts)

    def get(self, key: str) -> bytes:
        """See the port."""
        try:
            return self._objects[checked_key(key)][0]
        except KeyError:
            raise ObjectAbsent from None

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
        if sum(len(held) for held, _ in list(self._objects.values())) >= self._capacity_bytes:
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
