"""Writing the ledger down for an auditor: the whole chain, and the content of the ledger's rows.

JSON Lines: a header, one line per event row in order of position, a footer. A row of a wallet or
price list carries id, version and type of its event and `data`, the stored bytes in base64. Every
other row carries its digest and link only: it holds its place in the chain and says nothing. A
wallet's first event names its owner, by a random id; no row of the ledger holds personal text.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import IO, Any, Protocol
from uuid import UUID

FORMAT = "suite.ledger.v1"

LEDGER_AGGREGATES = frozenset({"wallet", "price-list"})
"""First words of the event types whose content is exported."""


class EventRow(Protocol):
    """One row of the event table. `digest` and `link` are SHA-256, 32 bytes."""

    @property
    def position(self) -> int: ...
    @property
    def originator_id(self) -> UUID: ...
    @property
    def originator_version(self) -> int: ...
    @property
    def event_type(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def link(self) -> bytes: ...


class Exported:
    """What was written: `rows` in all, `ledger_rows` of them with content, and the last link."""

    def __init__(self) -> None:
        self.rows = 0
        self.ledger_rows = 0
        self.head_position = 0
        self.head_link = bytes(32)


def export(rows: Iterable[EventRow], out: IO[str]) -> Exported:
    """Write all rows, which come in order of position from the first on."""
    written = Exported()
    _line(out, {"format": FORMAT})
    for row in rows:
        line: dict[str, Any] = {"position": row.position}
        if row.event_type.partition(".")[0] in LEDGER_AGGREGATES:
            written.ledger_rows += 1
            line |= {
                "id": str(row.originator_id),
                "version": row.originator_version,
                "type": row.event_type,
                "data": b64encode(row.data).decode(),
            }
        line |= {"digest": row.digest.hex(), "link": row.link.hex()}
        _line(out, line)
        written.rows += 1
        written.head_position, written.head_link = row.position, row.link
    _line(out, {"rows": written.rows, "head": written.head_link.hex()})
    return written


def _line(out: IO[str], content: dict[str, Any]) -> None:
    out.write(json.dumps(content, separators=(",", ":")) + "\n")
