"""An exported ledger as a forger handles it: taken apart, rewritten, and hashed again."""

import io
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.event_store.chain import (
    EPOCH,
    GENESIS,
    Anchor,
    ChainedEvent,
    anchor_of,
    commitment_of,
    content_of,
    digest_of,
    digest_v1_of,
    link_of,
    link_v1_of,
)
from domain.kernel.identity import wallet_id
from processes.audit.export import export
from processes.audit.verify import VerificationReport, verify
from tests.projections.studio_history import ADA

Line = dict[str, Any]
Fields = dict[str, Any]
Rewrite = Callable[[list[Line]], None]

TOLD = ("owner", "id", "version", "type", "data")
"""What only a row of the ledger shows."""


def lines_of(rows: Iterable[ChainedEvent], anchor: Anchor | None = None) -> tuple[bytes, ...]:
    """What `suite audit export` writes of them."""
    out = io.BytesIO()
    export(rows, out, anchor=anchor)
    return tuple(out.getvalue().splitlines(keepends=True))


def parsed(line: bytes) -> Line:
    """A line as a dictionary; `data` is the bytes."""
    head, told, data = line.rstrip(b"\n").partition(b',"data":{')
    if not told:
        return dict(json.loads(line))
    return {**json.loads(head + b"}"), "data": b"{" + data[:-1]}


def written(row: Line) -> bytes:
    """The line again, in the one way in which it is written."""
    head = {name: value for name, value in row.items() if name != "data"}
    line = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    return line[:-1] + b',"data":' + row["data"] + b"}\n" if "data" in row else line + b"\n"


def forged(lines: tuple[bytes, ...], rewrite: Rewrite, **given: Any) -> VerificationReport:
    """Verify after `rewrite` changed the rows and everything was hashed again."""
    return verify(forgery(lines, rewrite), **given)


def forgery(lines: tuple[bytes, ...], rewrite: Rewrite) -> list[bytes]:
    """The file of a forger who lacks nothing but the link that an auditor noted."""
    rows = [row for row in map(parsed, lines[1:-1]) if "anchor" not in row]
    rewrite(rows)
    link, commitment, out = GENESIS, GENESIS, [lines[0]]
    for position, row in enumerate(rows, start=1):
        row["position"] = position
        owner, id = UUID(row.get("owner", "0" * 32)), UUID(row.get("id", "0" * 32))
        if "data" in row:
            told = (row["version"], row["type"], row["data"])
            row["content"] = content_of(owner, id, *told).hex()
        content = bytes.fromhex(row["content"])
        digest = digest_of(position, recorded_at(row), row["class"], content)
        if "digest" in row:
            if "data" in row:
                row["digest"] = digest_v1_of(id, *told).hex()
            commitment = commitment_of(commitment, digest)
            link = link_v1_of(link, bytes.fromhex(row["digest"]))
        else:
            link = link_of(link, digest)
        row["link"] = link.hex()
        out.append(written(row))
        if "digest" in row and (position == len(rows) or "digest" not in rows[position]):
            anchor = anchor_of(position, link, commitment)
            link = anchor.link
            out.append(anchor_line(anchor))
    return [*out, footer(len(rows), link)]


def anchor_line(anchor: Anchor) -> bytes:
    """The line behind the rows of an earlier release."""
    commitment, link = anchor.commitment.hex(), anchor.link.hex()
    return written({"anchor": anchor.position, "commitment": commitment, "link": link})


def footer(rows: int, link: bytes) -> bytes:
    """The last line."""
    return written({"rows": rows, "head": link.hex()})


def recorded_at(row: Line) -> datetime:
    """When a row says that it was recorded."""
    return EPOCH + timedelta(microseconds=row["recorded_at_us"])


def withheld(row: Line) -> Line:
    """A row of the ledger that shows nothing but what a row of others shows."""
    return {name: value for name, value in row.items() if name not in TOLD}


def find(rows: list[Line], event_type: str, owner_id: UUID = ADA, *, nth: int = 0) -> Line:
    """The row of one event of somebody's wallet."""
    wallet = str(wallet_id(owner_id))
    return [row for row in rows if row.get("type") == event_type and row["id"] == wallet][nth]


def find_price_list(rows: list[Line]) -> Line:
    """The row of the first prices."""
    return next(row for row in rows if row.get("type") == "price-list.published")


def edit(row: Line, **fields: Any) -> None:
    """Give an event other fields."""
    row["data"] = json.dumps({**event_of(row), **fields}, separators=(",", ":")).encode()


def event_of(row: Line) -> Fields:
    """The event that a row shows."""
    return dict(json.loads(row["data"]))


def insert_after(rows: list[Line], row: Line, **fields: Any) -> None:
    """Repeat `row` with other fields right behind it, with the versions of its wallet in order."""
    twice = dict(row)
    edit(twice, **fields)
    rows.insert(rows.index(row) + 1, twice)
    renumber(rows, row["id"])


def renumber(rows: list[Line], wallet: str) -> None:
    """Put the versions of a wallet in order."""
    versions = iter(range(1, len(rows) + 1))
    for row in rows:
        if row.get("id") == wallet:
            row["version"] = next(versions)


def moved(millicredits: Any, source: str, target: str) -> list[Fields]:
    """Two postings."""
    return [
        {"account": source, "millicredits": -millicredits},
        {"account": target, "millicredits": millicredits},
    ]


def rules(report: VerificationReport) -> set[str]:
    """Names of the rules that do not hold."""
    return {finding.rule for finding in report.findings}
