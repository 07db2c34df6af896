"""Open addresses of ZIPs in a dictionary: for tests, with the same contract."""

from datetime import datetime
from threading import Lock
from uuid import UUID

from commands.ports.archives import ARCHIVES_OPEN_MAX, Archive


class InMemoryArchives:
    """The `Archives` of commands, for one process. Safe to share between threads."""

    def __init__(self) -> None:
        self._open: dict[bytes, Archive] = {}
        self._lock = Lock()

    def open(self, token_sha256: bytes, archive: Archive) -> None:
        """See the port."""
        with self._lock:
            own = [key for key, one in self._open.items() if one.owner_id == archive.owner_id]
            own.sort(key=lambda key: self._open[key].expires_at, reverse=True)
            for oldest in own[ARCHIVES_OPEN_MAX - 1 :]:
                del self._open[oldest]
            self._open[token_sha256] = archive

    def find(self, token_sha256: bytes, *, owner_id: UUID, at: datetime) -> Archive | None:
        """See the port."""
        found = self._open.get(token_sha256)
        is_good = found is not None and found.owner_id == owner_id and found.expires_at > at
        return found if is_good else None

    def complete(self, token_sha256: bytes) -> None:
        """See the port."""
        self._open.pop(token_sha256, None)
