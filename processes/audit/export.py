"""Writing the ledger down for an auditor: the whole chain, and the content of the ledger's rows.

One JSON object a line, written in one way only, byte for byte: a header, one line per event row in
order of position, a footer. Every row shows position, time, class and the hash of its content, from
which its link is computed again. A row of a wallet or price list also shows owner, id, version and
type of its event and, last, `data`: the stored bytes themselves, which are JSON. Every other row
holds its place in the chain and says nothing. A wallet's owner is a random id; no row of the ledger
holds personal text.

A row of an earlier release also shows its `digest`, and behind the last of them stands the anchor.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import IO, Any

from adapters.event_store.chain import Anchor, ChainedEvent, microseconds
from domain.event_class import EventClass

FORMAT = "suite.ledger.v2"


class Exported:
    """What was written: `rows` in all, `ledger_rows` of them with content, and the last link."""

    def __init__(self) -> None:
        self.rows = 0
        self.ledger_rows = 0
        self.head_position = 0
        self.head_link = bytes(32)


def export(rows: Iterable[ChainedEvent], out: IO[bytes], *, anchor: Anchor | None) -> Exported:
    """Write all rows, which come in order of position from the first on, and the store's anchor."""
    written = Exported()
    out.writelines(exported_lines(rows, anchor=anchor, written=written))
    return written


def exported_lines(
    rows: Iterable[ChainedEvent], *, anchor: Anchor | None, written: Exported
) -> Iterator[bytes]:
    """The lines of an export as they are taken, each with its end. `written` says how far."""
    yield _line({"format": FORMAT})
    for row in rows:
        yield _row(row)
        written.rows += 1
        written.ledger_rows += row.class_ == EventClass.LEDGER
        written.head_position, written.head_link = row.position, row.link
        if anchor is not None and row.position == anchor.position:
            yield _line(
                {
                    "anchor": anchor.position,
                    "commitment": anchor.commitment.hex(),
                    "link": anchor.link.hex(),
                }
            )
            written.head_link = anchor.link
    yield _line({"rows": written.rows, "head": written.head_link.hex()})


def _row(row: ChainedEvent) -> bytes:
    shown: dict[str, Any] = {
        "position": row.position,
        "recorded_at_us": microseconds(row.recorded_at),
        "class": row.class_,
        "content": row.content.hex(),
    }
    if row.recorded_class is None:
        shown["digest"] = row.digest.hex()
    shown["link"] = row.link.hex()
    if row.class_ != EventClass.LEDGER:
        return _json(shown) + b"\n"
    shown |= {
        "owner": str(row.owner_id),
        "id": str(row.originator_id),
        "version": row.originator_version,
        "type": row.event_type,
    }
    data = row.data
    if not data.startswith(b"{") or not data.endswith(b"}") or b"\n" in data:
        # No event of ours: somebody changed the row. The auditor is to see that, and the next line.
        shown["base64"] = b64encode(data).decode()
        return _json(shown) + b"\n"
    return _json(shown)[:-1] + b',"data":' + data + b"}\n"


def _line(content: dict[str, Any]) -> bytes:
    return _json(content) + b"\n"


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
