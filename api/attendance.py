"""Who is there to do the work, as the read model has it: for the catalogue and for requests."""

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from commands.ports.attendance import NEVER, Attendance, Presence
from domain.kernel.role import Role
from queries.catalogue.attendance import Attended, attended
from queries.viewer import Connections, as_viewer
from queries.wallet.ledger import BEFORE_ALL

log = structlog.get_logger()

FRESH_S = 1.0
"""Workers speak every few seconds: asking more often tells nothing new."""

DRAWS, JUDGES = "draws", "judges"


def attendance_of(rows: Sequence[Attended], *, documents: bool = False) -> Attendance:
    """All that the read model tells, and what the identity provider of here is good for."""
    by_role: dict[str, dict[str, Presence]] = {DRAWS: {}, JUDGES: {}}
    for row in rows:
        by_role.setdefault(row.role, {})[row.engine] = Presence(row.alive, row.last_at)
    workers = by_role[DRAWS].pop("", NEVER)
    screeners = by_role[JUDGES].pop("", NEVER)
    return Attendance(by_role[DRAWS], by_role[JUDGES], workers, screeners, documents)


class AttendanceDesk:
    """An `AttendanceBook` that reads once for all who ask within a second."""

    def __init__(
        self,
        connections: Connections,
        monotonic_s: Callable[[], float] = time.monotonic,
        *,
        documents: bool = False,
    ) -> None:
        self._connections = connections
        self._documents = documents
        self._monotonic_s = monotonic_s
        self._looking = threading.Lock()
        self._known: tuple[float, Attendance] | None = None

    def now(self) -> Attendance:
        """See `AttendanceBook.now`."""
        known = self._known
        if known is not None and self._monotonic_s() - known[0] < FRESH_S:
            return known[1]
        # One looks; whoever comes meanwhile takes what was known a moment ago.
        if not self._looking.acquire(blocking=known is None):
            assert known is not None
            return known[1]
        try:
            now_s, known = self._monotonic_s(), self._known
            if known is None or now_s - known[0] >= FRESH_S:
                known = self._known = (now_s, self._read())
            return known[1]
        except Exception as error:
            if known is None:
                raise
            # Readers may be many, or away: nobody's request fails because of that.
            log.warning("attendance not read", error=type(error).__name__)
            return known[1]
        finally:
            self._looking.release()

    def _read(self) -> Attendance:
        # Nobody in particular: who is there concerns everybody.
        with as_viewer(self._connections, BEFORE_ALL, Role.CREATOR) as view:
            return attendance_of(attended(view), documents=self._documents)
