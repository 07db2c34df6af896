"""One object of a folder while it is written: bytes that no reader looks for, then their facts."""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from commands.ports.object_store import ObjectFacts, ObjectPresent, PlaceClosed, StoreFull

FACTS = "~facts"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StoredFacts(msgspec.Struct, frozen=True):
    """What lies beside the bytes, and names them."""

    bytes_name: str
    size_bytes: int
    media_type: str
    sha256_hex: str


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
        with store_full():
            self._file.write(chunk)

    def publish(self, facts: ObjectFacts, *, replace: bool = True) -> None:
        """Make the object visible, whole and on disk. Raises `StoreFull`, `PlaceClosed`.

        Unless it may `replace` another, raises `ObjectPresent` where there is one.
        """
        try:
            with store_full():
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                before = read_facts(self._path)
                self._write_facts(facts, replace=replace)
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
            self._path.with_name(self._path.name + FACTS).unlink(missing_ok=True)
            self._bytes_path.unlink(missing_ok=True)
            raise PlaceClosed

    def discard(self) -> None:
        """Remove the bytes unless they were published. May be called twice."""
        if self._is_published:
            return
        with contextlib.suppress(OSError):
            self._file.close()
        self._bytes_path.unlink(missing_ok=True)

    def _write_facts(self, facts: ObjectFacts, *, replace: bool) -> None:
        stored = StoredFacts(
            self._bytes_path.name, facts.size_bytes, facts.media_type, facts.sha256_hex or ""
        )
        new = self._path.with_name(f"{self._bytes_path.name}.new")
        try:
            with new.open("xb") as file:
                file.write(msgspec.json.encode(stored))
                file.flush()
                os.fsync(file.fileno())
            if replace:
                new.rename(self._path.with_name(self._path.name + FACTS))
            else:
                self._link_facts(new)
        finally:
            new.unlink(missing_ok=True)
        sync_folder(self._path.parent)

    def _link_facts(self, new: Path) -> None:
        """Give the facts their name, where no object has it. Raises `ObjectPresent`."""
        target = self._path.with_name(self._path.name + FACTS)
        try:
            os.link(new, target)
        except FileExistsError:
            before = read_facts(self._path)
            if before is None or self._path.with_name(before.bytes_name).exists():
                raise ObjectPresent from None
            # What a deletion left that was cut off: facts without bytes are no object.
            new.rename(target)


def read_facts(path: Path) -> StoredFacts | None:
    """The facts of the object at `path`, None where there are none."""
    try:
        data = path.with_name(path.name + FACTS).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return msgspec.json.decode(data, type=StoredFacts)


def sync_folder(folder: Path) -> None:
    """Have what was renamed in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def store_full() -> Iterator[None]:
    """Whatever says that there is no room inside, as `StoreFull`."""
    try:
        yield
    except OSError as failed:
        if failed.errno in _NO_ROOM:
            raise StoreFull from failed
        raise
