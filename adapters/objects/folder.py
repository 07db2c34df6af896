"""Objects in a folder, for one machine. Any number of processes may use the same folder at once.

Key `a/b` is two files: `a/b~<random>` holds the bytes and `a/b~facts` names them. `~` occurs in no
key, so that a key may also be the prefix of others. Renaming the facts is the moment of the write.
A closed place is a file in `~closed`, named by its digest.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from adapters.objects.keys import checked_key, checked_place, checked_prefix, places_above
from adapters.objects.presigned import Presigner
from commands.ports.object_store import (
    ObjectAbsent,
    ObjectFacts,
    PlaceClosed,
    PresignedUpload,
    StoreFull,
)

FREE_BYTES_MIN = 64 * 1024 * 1024
"""Kept free on the disk, since the database usually shares it."""
FOLDER_ATTEMPTS_MAX = 8
_CLOSED = "~closed"
_FACTS = "~facts"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _StoredFacts(msgspec.Struct, frozen=True):
    bytes_name: str
    size_bytes: int
    media_type: str
    sha256_hex: str


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

    def draft(self, key: str) -> "FolderDraft":
        """Begin to write an object. Raises `StoreFull`, `PlaceClosed`."""
        path = self._root / checked_key(key)
        if self._is_closed(key):
            raise PlaceClosed
        with _store_full():
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
        draft = self.draft(key)
        try:
            draft.write(data)
            draft.publish(ObjectFacts(len(data), media_type, hashlib.sha256(data).hexdigest()))
        finally:
            draft.discard()

    def get(self, key: str) -> bytes:
        """See the port."""
        path = self._root / checked_key(key)
        facts = _read_facts(path)
        while facts is not None:
            try:
                return path.with_name(facts.bytes_name).read_bytes()
            except FileNotFoundError:
                # Replaced between the two reads, or deleted: only new facts are worth another try.
                again = _read_facts(path)
                facts = None if again == facts else again
        raise ObjectAbsent

    def head(self, key: str) -> ObjectFacts | None:
        """See the port."""
        path = self._root / checked_key(key)
        facts = _read_facts(path)
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
            gone += path.name.endswith(_FACTS)
            path.unlink(missing_ok=True)
        _prune(folder, self._root)
        return gone

    def close(self, places: Iterable[str]) -> None:
        """See the port."""
        folder = self._root / _CLOSED
        markers = [self._marker(checked_place(place)) for place in places]
        with _store_full():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for marker in markers:
                marker.touch(mode=0o600)
            _sync_folder(folder)

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
        """See the port."""
        folder = self._root / checked_prefix(prefix) if prefix else self._root
        found = (str(path.relative_to(self._root)) for path in _files_below(folder))
        return iter(sorted(name.removesuffix(_FACTS) for name in found if name.endswith(_FACTS)))


class FolderDraft:
    """Bytes on their way into the folder, under a name that no reader looks for."""

    def __init__(self, path: Path, is_closed: Callable[[], bool]) -> None:
        self._path = path
        self._is_closed = is_closed
        self._bytes_path = path.with_name(f"{path.name}~{secrets.token_hex(8)}")
        self._file = os.fdopen(
            os.open(self._bytes_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
        )
        self._is_published = False

    def write(self, chunk: bytes) -> None:
        """Append bytes. Raises `StoreFull`."""
        with _store_full():
            self._file.write(chunk)

    def publish(self, facts: ObjectFacts) -> None:
        """Make the object visible, whole and on disk. Raises `StoreFull`, `PlaceClosed`."""
        try:
            with _store_full():
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                before = _read_facts(self._path)
                self._write_facts(facts)
                self._is_published = True
        except FileNotFoundError:
            # The place was deleted around the draft.
            if self._is_closed():
                raise PlaceClosed from None
            raise
        if before is not None:
            self._path.with_name(before.bytes_name).unlink(missing_ok=True)
        # Asked after the write: whoever closes and then deletes finds it, or it is taken back here.
        if self._is_closed():
            self._path.with_name(self._path.name + _FACTS).unlink(missing_ok=True)
            self._bytes_path.unlink(missing_ok=True)
            raise PlaceClosed

    def discard(self) -> None:
        """Remove the bytes unless they were published. May be called twice."""
        if self._is_published:
            return
        with contextlib.suppress(OSError):
            self._file.close()
        self._bytes_path.unlink(missing_ok=True)

    def _write_facts(self, facts: ObjectFacts) -> None:
        stored = _StoredFacts(
            self._bytes_path.name, facts.size_bytes, facts.media_type, facts.sha256_hex
        )
        new = self._path.with_name(f"{self._bytes_path.name}.new")
        try:
            with new.open("xb") as file:
                file.write(msgspec.json.encode(stored))
                file.flush()
                os.fsync(file.fileno())
            new.rename(self._path.with_name(self._path.name + _FACTS))
        finally:
            new.unlink(missing_ok=True)
        _sync_folder(self._path.parent)


def _read_facts(path: Path) -> _StoredFacts | None:
    try:
        data = path.with_name(path.name + _FACTS).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return msgspec.json.decode(data, type=_StoredFacts)


def _bytes_before_facts(path: Path) -> bool:
    # A crash in between leaves facts without bytes, which reads as absent; never the reverse.
    return path.name.endswith(_FACTS)


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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _store_full() -> Iterator[None]:
    try:
        yield
    except OSError as failed:
        if failed.errno in _NO_ROOM:
            raise StoreFull from failed
        raise
