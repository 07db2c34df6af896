"""The bytes of a ZIP, read from the object store as they are taken. Nothing is compressed.

The store's pictures and clips are, so that the length of the whole is known before its first byte.
"""

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import closing
from uuid import UUID

from zipstream import ZIP_STORED, ZipStream

from api.archive_contents import MANIFEST, Contents, Packed
from commands.ports.object_store import ObjectAbsent, ObjectStore

PIECE_BYTES = 256 * 1024
"""What small files are gathered to before they are sent: a ZIP has many headers of a few bytes."""

LOOK_AGAIN_S = 1.0
"""What was hidden or purged this long ago is in no file that begins now."""


class ContentsChanged(Exception):
    """An item is no longer to be had, or not as it was released: this ZIP cannot be what it said.

    Its list and its length are told already. Whoever sends it breaks off, and the next download
    from the same address begins with a list of its own.
    """


class ArchiveStream:
    """One ZIP on its way. `size_bytes` are exactly what `pieces` come to, if they come to an end.

    `still_released` answers which of some items may be seen now. It is asked before the first
    file, and again before every file that begins `LOOK_AGAIN_S` or more after that.
    """

    def __init__(
        self,
        objects: ObjectStore,
        contents: Contents,
        still_released: Callable[[Collection[UUID]], Collection[UUID]],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._objects = objects
        self._still_released = still_released
        self._monotonic_s = monotonic_s
        self._waiting = [file.asset.asset_id for file in contents.files]
        self._looked_at_s: float | None = None
        self._zip = ZipStream(compress_type=ZIP_STORED, sized=True)
        for file in contents.files:
            self._zip.add(self._bytes_of(file), file.name, size=file.asset.size_bytes)
        self._zip.add(contents.manifest, MANIFEST)

    @property
    def size_bytes(self) -> int:
        """Of the whole ZIP."""
        return len(self._zip)

    def pieces(self) -> Generator[bytes]:
        """The bytes, once. Raises `ContentsChanged`, `StoreUnavailable`.

        Whoever does not read to the end calls `close` on them.
        """
        gathered: list[bytes] = []
        size_bytes = 0
        with closing(iter(self._zip)) as chunks:
            for chunk in chunks:
                gathered.append(chunk)
                size_bytes += len(chunk)
                if size_bytes >= PIECE_BYTES:
                    yield b"".join(gathered)
                    gathered, size_bytes = [], 0
        if gathered:
            yield b"".join(gathered)

    def _bytes_of(self, file: Packed) -> Iterator[bytes]:
        self._require_released(file)
        try:
            opened = self._objects.open(file.asset.object_key)
        except ObjectAbsent:
            raise ContentsChanged from None
        try:
            if opened.facts.size_bytes != file.asset.size_bytes:
                raise ContentsChanged
            yield from opened.chunks
        finally:
            opened.chunks.close()

    def _require_released(self, file: Packed) -> None:
        now_s = self._monotonic_s()
        if self._looked_at_s is None or now_s - self._looked_at_s >= LOOK_AGAIN_S:
            # All that are still to come, so that the rest need not be asked for in the next second.
            if not set(self._waiting) <= set(self._still_released(self._waiting)):
                raise ContentsChanged
            self._looked_at_s = now_s
        self._waiting.remove(file.asset.asset_id)
