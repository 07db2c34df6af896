"""Where an auditor's copy of the ledger comes from."""

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class LedgerCopy:
    """One copy on its way: of how many rows, and its lines in pieces, each of whole lines.

    Whoever does not take the pieces to their end closes them.
    """

    rows: int
    pieces: Generator[bytes] = field(repr=False)


class LedgerLog(Protocol):
    """The chain of all events, with the content of the ledger's, as `suite audit export` has it."""

    @property
    def verifier(self) -> Path:
        """The one file that checks a copy, offline and without anything of ours."""
        ...

    def copy(self) -> LedgerCopy:
        """Begin a copy of all that there is now. Raises psycopg's errors, as its pieces do."""
        ...
