"""Objects in a folder, for one machine. Any number of processes may use the same folder at once.

Key `a/b` is two files: `a/b~<random>` holds the bytes and `a/b~facts` names them. `~` occurs in no
key, so that a key may also be the prefix of others. Renaming the facts is the moment of the write.
A closed place is a file in `~closed`, named by its digest.
"""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from adapters.objects.folder_draft import (
    FACTS,
    FolderDraft,
    StoredFacts,
    read_facts,
    store_full,
    sync_folder,
)
from adapters.objects.keys import checked_key, checked_place, checked_prefix, places_above
from adapters.objects.presigned import Presigner
from adapters.objects.spans import CHUNK_BYTES, span_within
from commands.ports.object_store import (
    ListedObject,
    ObjectAbsent,
    ObjectFacts,
    OpenObject,
    PlaceClosed,
    PresignedUpload,
    StoreFull,
    StoreUnavailable,
)

FREE_BYTES_MIN = 64 * 1024 * 1024
"""Kept free on the disk, since the database usually shares it."""
FOLDER_ATTEMPTS_MAX = 8

_CLOSED = "~closed"


class FolderObjectStore:
    """Implements `commands.ports.object_store.ObjectStore` and serves its own presigned forms.

    Everything below `root` is readable by this user only.
    """

    def __init__(
        self, root: Path, presigner: Presigner, *, free_bytes_min: int = FREE_BYTES_MIN
    ) -> None:
        self._root = root
        self._presigner = presigner
        self._free_bytes_min = free_bytes_min

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

    def draft(self, key: str) -> FolderDraft:
        """Begin to write an object. Raises `StoreFull`, `PlaceClosed`."""
        path = self._root / checked_key(key)
        if self._is_closed(key):
            raise PlaceClosed
        with store_full():
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(self._root).free < self._free_bytes_min:
                raise StoreFull
            for _ in range(FOLDER_ATTEMPTS_MAX):
                path.parent.mkdir(parents=True, exist_ok=True)
                # A deletion may take the folder away again while it is still empty.
                with contextlib.suppress(FileNotFoundError):
                    return FolderDraft(path, lambda: self._is_closed(key))
        raise OSError(errno.EAGAIN, "the folder of an object is deleted again and again")

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        """See the port."""
        self.write(key, [data], media_type=media_type)

    def put_new(self, key: str, data: bytes, *, media_type: str) -> None:
        """See the port."""
        draft = self.draft(key)
        try:
            draft.write(data)
            facts = ObjectFacts(len(data), media_type, hashlib.sha256(data).hexdigest())
            draft.publish(facts, replace=False)
        finally:
            draft.discard()

    def write(self, key: str, chunks: Iterable[bytes], *, media_type: str) -> ObjectFacts:
        """See the port."""
        draft, digest, size_bytes = self.draft(key), hashlib.sha256(), 0
        try:
            for chunk in chunks:
                draft.write(chunk)
                digest.update(chunk)
                size_bytes += len(chunk)
            facts = ObjectFacts(size_bytes, media_type, digest.hexdigest())
            draft.publish(facts)
        finally:
            draft.discard()
        return facts

    def get(self, key: str) -> bytes:
        """See the port."""
        _, file = self._opened(key)
        with file:
            return file.read()

    def open(self, key: str, *, first_byte: int = 0, last_byte: int | None = None) -> OpenObject:
        """See the port."""
        facts, file = self._opened(key)
        try:
            first, length = span_within(facts.size_bytes, first_byte, last_byte)
        except BaseException:
            file.close()
            raise
        file.seek(first)
        known = ObjectFacts(facts.size_bytes, facts.media_type, facts.sha256_hex)
        return OpenObject(known, _chunks(file, length))

    def _opened(self, key: str) -> tuple[StoredFacts, BinaryIO]:
        """Facts and bytes of one and the same write. Raises `ObjectAbsent`."""
        path = self._root / checked_key(key)
        facts = read_facts(path)
        while facts is not None:
            try:
                return facts, path.with_name(facts.bytes_name).open("rb")
            except FileNotFoundError:
                # Replaced between the two reads, or deleted: only new facts are worth another try.
                again = read_facts(path)
                facts = None if again == facts else again
        raise ObjectAbsent

    def head(self, key: str) -> ObjectFacts | None:
        """See the port."""
        path = self._root / checked_key(key)
        facts = read_facts(path)
        if facts is None or not path.with_name(facts.bytes_name).exists():
            return None
        return ObjectFacts(facts.size_bytes, facts.media_type, facts.sha256_hex)

    def delete(self, keys: Iterable[str]) -> None:
        """See the port. Also removes what a write of this key left when its process was killed."""
        for key in [checked_key(key) for key in keys]:
            path = self._root / key
            beside = _files_of(path.parent)
            mine = [file for file in beside if file.name.startswith(f"{path.name}~")]
            for file in sorted(mine, key=_bytes_before_facts):
                file.unlink(missing_ok=True)

    def delete_prefix(self, prefix: str) -> int:
        """See the port."""
        folder = self._root / checked_prefix(prefix)
        gone = 0
        for path in sorted(_files_below(folder), key=_bytes_before_facts):
            gone += path.name.endswith(FACTS)
            path.unlink(missing_ok=True)
        _prune(folder, self._root)
        return gone

    def close(self, places: Iterable[str]) -> None:
        """See the port."""
        folder = self._root / _CLOSED
        markers = [self._marker(checked_place(place)) for place in places]
        with store_full():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for marker in markers:
                marker.touch(mode=0o600)
            sync_folder(folder)

    def forget_closed(self, closed_before: datetime, limit: int) -> int:
        """Open at most `limit` places again that were closed before. Answers how many."""
        before_s, gone = closed_before.timestamp(), 0
        for marker in _files_of(self._root / _CLOSED):
            if gone == limit:
                break
            with contextlib.suppress(FileNotFoundError):
                if marker.stat().st_mtime < before_s:
                    marker.unlink()
                    gone += 1
        return gone

    def _is_closed(self, key: str) -> bool:
        return any(self._marker(place).exists() for place in places_above(key))

    def _marker(self, place: str) -> Path:
        return self._root / _CLOSED / hashlib.sha256(place.encode()).hexdigest()

    def keys(self, prefix: str) -> Iterator[str]:
        """See the port. What is deleted meanwhile may be passed over."""
        return self._sorted(prefix, "")

    def listed(self, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        """See the port. What is deleted meanwhile is passed over."""
        return (one for key in self._sorted(prefix, after) for one in self._known(key))

    def _known(self, key: str) -> Iterator[ListedObject]:
        path = self._root / key
        facts = read_facts(path)
        with contextlib.suppress(FileNotFoundError):
            written_at = datetime.fromtimestamp(
                path.with_name(path.name + FACTS).stat().st_mtime, UTC
            )
            if facts is not None:
                yield ListedObject(key, facts.size_bytes, written_at)

    def _sorted(self, prefix: str, after: str) -> Iterator[str]:
        folder = self._root / checked_prefix(prefix) if prefix else self._root
        return _keys_below(folder, prefix, after)


def _keys_below(folder: Path, prefix: str, after: str) -> Iterator[str]:
    """Every key that sorts behind `after`, in order, with one folder a level in memory."""
    try:
        with os.scandir(folder) as entries:
            found = [
                f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
                for entry in entries
            ]
    except OSError as failed:
        _unless_gone(failed)
        return
    # `a` sorts before `a/`, and `a/` as all that lies below it: the order of whole keys.
    for name in sorted(name.removesuffix(FACTS) for name in found if name.endswith((FACTS, "/"))):
        key = prefix + name
        if not name.endswith("/"):
            if key > after:
                yield key
        elif key > after or after.startswith(key):
            yield from _keys_below(folder / name, key, after)


def _chunks(file: BinaryIO, length: int) -> Generator[bytes]:
    with file:
        while length:
            chunk = file.read(min(CHUNK_BYTES, length))
            if not chunk:
                raise StoreUnavailable("IncompleteBody")
            length -= len(chunk)
            yield chunk


def _bytes_before_facts(path: Path) -> bool:
    # A crash in between leaves facts without bytes, which reads as absent; never the reverse.
    return path.name.endswith(FACTS)


def _files_of(folder: Path) -> list[Path]:
    _, _, names = next(os.walk(folder, onerror=_unless_gone), (None, None, []))
    return [folder / name for name in names]


def _files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, also while another process deletes some of its folders.

    Raises OSError for a folder that exists and cannot be read.
    """
    for parent, _, names in os.walk(folder, onerror=_unless_gone):
        yield from (Path(parent, name) for name in names)


def _unless_gone(failed: OSError) -> None:
    # Without a handler `os.walk` skips what it may not read, and a deletion would claim too much.
    if not isinstance(failed, (FileNotFoundError, NotADirectoryError)):
        raise failed


def _prune(folder: Path, root: Path) -> None:
    """Remove empty folders from the leaves up to, and without, the root."""
    walk = os.walk(folder, topdown=False, onerror=_unless_gone)
    for empty in [*(Path(parent) for parent, _, _ in walk), *folder.parents]:
        if empty == root:
            return
        try:
            empty.rmdir()
        except OSError:
            continue
