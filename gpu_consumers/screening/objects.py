"""The object store as the screener needs it. It holds credentials of its own; workers hold none."""

from collections.abc import Iterable
from typing import Protocol


class ObjectFacts(Protocol):
    """What is known of an object without reading it."""

    @property
    def sha256_hex(self) -> str | None: ...

    @property
    def size_bytes(self) -> int: ...


class ScreenerObjects(Protocol):
    """Reads quarantine and uploads, writes clean copies, templates, adapters and the gallery."""

    def head(self, key: str) -> ObjectFacts | None:
        """An object's facts, or None where there is none."""
        ...

    def get(self, key: str) -> bytes:
        """An object's bytes. May raise anything where there is none or no answer."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete these objects, where they are."""
        ...

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        """Write an object, whole or not at all."""
        ...
