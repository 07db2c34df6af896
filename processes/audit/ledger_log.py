"""The ledger as auditors are sent it: what `suite audit export` writes, read in pages."""

from collections.abc import Generator, Iterator
from pathlib import Path

from adapters.event_store.chain import ChainedEvent
from adapters.event_store.log import EventLog
from api.ledger_log import LedgerCopy
from processes.audit import verify
from processes.audit.export import Exported, exported_lines

PAGE_ROWS = 1_000
"""A short transaction each: whoever takes a copy slowly keeps none open."""
PIECE_BYTES = 64 * 1024
"""What lines are gathered to before they are sent."""


class ExportedLedger:
    """The `LedgerLog` of the API. Events are never changed, so pages of a log are one reading."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    @property
    def verifier(self) -> Path:
        """The one file that checks a copy."""
        return Path(verify.__file__)

    def copy(self) -> LedgerCopy:
        """Begin a copy of all that there is now."""
        head = self._events.position()
        return LedgerCopy(rows=head, pieces=self._pieces(head))

    def _pieces(self, head: int) -> Generator[bytes]:
        gathered: list[bytes] = []
        size_bytes = 0
        anchor = self._events.anchor()
        for line in exported_lines(self._rows(head), anchor=anchor, written=Exported()):
            gathered.append(line)
            size_bytes += len(line)
            if size_bytes >= PIECE_BYTES:
                yield b"".join(gathered)
                gathered, size_bytes = [], 0
        yield b"".join(gathered)

    def _rows(self, head: int) -> Iterator[ChainedEvent]:
        after = 0
        while after < head:
            until = min(after + PAGE_ROWS, head)
            yield from list(self._events.chained(after, until=until))
            after = until
