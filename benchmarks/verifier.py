"""Rows of an exported ledger verified per second, over json.loads and SHA-256 of the same lines."""

import hashlib
import io
import json
from uuid import uuid5

from benchmarks.measure import alternating, report, seconds
from processes.audit.export import export
from processes.audit.verify import verify
from tests.projections.studio_history import ADA, StudioHistory, a_whole_journey

PEOPLE = 300
REPEATS = 3
ROUNDS = 9


def exported() -> list[bytes]:
    """The file of a studio in which many people did the same."""
    history = StudioHistory()
    for number in range(PEOPLE):
        a_whole_journey(uuid5(ADA, f"person {number}"), history)
    out = io.BytesIO()
    export(history.rows, out, anchor=None)
    return out.getvalue().splitlines(keepends=True)


def main() -> None:
    """Both read every line, in turns: the baseline neither chains nor accounts."""
    lines = exported()
    found = verify(lines)
    assert found.ok, found.findings

    def verified() -> None:
        for _ in range(REPEATS):
            verify(lines)

    def plain() -> None:
        for _ in range(REPEATS):
            for line in lines:
                json.loads(line)
                hashlib.sha256(line).digest()

    taken = alternating(ROUNDS, verified=lambda: seconds(verified), plain=lambda: seconds(plain))
    rows = REPEATS * found.rows
    report(
        "verifier",
        "json.loads and hashlib.sha256 of the same lines",
        rows_per_s=rows / taken["verified"],
        baseline_rows_per_s=rows / taken["plain"],
        ratio=taken["plain"] / taken["verified"],
        rows=float(found.rows),
        share_of_ledger=found.ledger_rows / found.rows,
    )


if __name__ == "__main__":
    main()
