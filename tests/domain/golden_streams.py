"""Golden streams: rows as a released version wrote them. They are added to and never changed.

`python -m tests.domain.golden_streams` writes the streams that do not exist yet. When an event gets
a new version, a new life goes into `lives.py`, and the old streams stay as they are.
"""

from pathlib import Path

import msgspec

from tests.domain.lives import LIVES
from tests.domain.people import ADA
from tests.domain.stored import StoredRow, stored

FOLDER = Path(__file__).parent / "golden"


def golden_streams() -> dict[str, list[StoredRow]]:
    """Every stream by its name."""
    return {
        path.stem: msgspec.json.decode(path.read_bytes(), type=list[StoredRow])
        for path in sorted(FOLDER.glob("*.json"))
    }


def write_missing() -> None:
    """Write what has no file yet. An existing file is a promise and stays."""
    for name, life in LIVES.items():
        path = FOLDER / f"{name}.json"
        if not path.exists():
            rows = msgspec.json.encode(stored(life(), ADA))
            path.write_bytes(msgspec.json.format(rows, indent=1) + b"\n")


if __name__ == "__main__":
    write_missing()
