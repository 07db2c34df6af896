"""The model card's table, from the lines that evaluation printed.

`python -m gpu_consumers.engines.pocket.recipe.card_table < lines.jsonl`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

_COLUMNS: Final = ("value", "ceiling", "chance", "n", "goal")


def rows(lines: Iterable[str]) -> Iterator[str]:
    """Markdown rows of every line that has a single value; others have tables of their own."""
    yield "| measure | " + " | ".join(_COLUMNS) + " | holds |"
    yield "|---" * (len(_COLUMNS) + 2) + "|"
    for line in lines:
        if line.startswith("{") and "value" in (found := json.loads(line)):
            yield _row(found)


def _row(found: dict[str, Any]) -> str:
    cells = [str(found.get(name, "")) for name in _COLUMNS]
    holds = {True: "yes", False: "**no**", None: ""}[found.get("holds")]
    return f"| {found['measure']} | " + " | ".join(cells) + f" | {holds} |"


def main() -> int:
    for row in rows(sys.stdin):
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
