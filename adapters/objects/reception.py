"""One upload while it arrives: measured and digested as it streams, kept only if it all holds."""

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Protocol

from adapters.objects.presigned import AccessRefused, Presigner, UploadPolicy
from commands.ports.object_store import ObjectFacts, OpenObject, PlaceClosed


class ObjectDraft(Protocol):
    """An object that nobody can see yet."""

    def write(self, chunk: bytes) -> None:
        """Append bytes. Raises `StoreFull`."""
        ...

    def publish(self, facts: ObjectFacts) -> None:
        """Make it visible, whole. Raises `StoreFull`, `PlaceClosed`. Called once, last."""
        ...

    def discard(self) -> None:
        """Forget it. May be called twice, and after `publish`, when it does nothing."""
        ...


class PresignedStore(Protocol):
    """An object store that serves its own presigned forms and URLs."""

    @property
    def presigner(self) -> Presigner:
        """Who signed them."""
        ...

    def draft(self, key: str) -> ObjectDraft:
        """Begin to write an object. Raises `StoreFull`, `PlaceClosed`."""
        ...

    def open(self, key: str, *, first_byte: int = 0, last_byte: int | None = None) -> OpenObject:
        """See `ObjectStore.open`."""
        ...

    def head(self, key: str) -> ObjectFacts | None:
        """See `ObjectStore.head`."""
        ...


class Reception:
    """Receives one object under a policy. Ends with `finish`, or with `discard` on any refusal.

    Raises AccessRefused, also from `finish`, where the place of the object was closed.
    """

    def __init__(self, store: PresignedStore, policy: UploadPolicy) -> None:
        self._policy = policy
        with _closed_is_refused():
            self._draft = store.draft(policy.key)
        self._digest = hashlib.sha256()
        self._size_bytes = 0

    def write(self, chunk: bytes) -> None:
        """Take a chunk. Raises AccessRefused with the first byte too many, and `StoreFull`."""
        self._size_bytes += len(chunk)
        if self._size_bytes > self._policy.size_bytes_max:
            raise AccessRefused(400, "EntityTooLarge")
        self._digest.update(chunk)
        self._draft.write(chunk)

    def finish(self) -> ObjectFacts:
        """Publish the object. Raises AccessRefused for too few bytes or another digest."""
        sha256_hex = self._digest.hexdigest()
        if self._size_bytes < self._policy.size_bytes_min:
            raise AccessRefused(400, "EntityTooSmall")
        if self._policy.sha256_hex not in (None, sha256_hex):
            raise AccessRefused(400, "BadDigest")
        facts = ObjectFacts(self._size_bytes, self._policy.media_type, sha256_hex)
        with _closed_is_refused():
            self._draft.publish(facts)
        return facts

    def discard(self) -> None:
        """Leave no trace of what was received. May follow `finish`, when it does nothing."""
        self._draft.discard()


@contextlib.contextmanager
def _closed_is_refused() -> Iterator[None]:
    try:
        yield
    except PlaceClosed as closed:
        raise AccessRefused(403, "AccessDenied") from closed
