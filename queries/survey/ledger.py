"""Whether the read models of the ledger keep its rules, looked at a piece at a time.

No look walks over all of it: each goes on where the last one stopped, and begins again at the end.
`suite audit verify` proves the ledger from its events; this finds what should never be while it is
new.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from queries.survey.connections import Connections

ENTRIES_A_LOOK = 2_000
OWNERS_A_LOOK = 200
"""Each has jobs of its own to sum up."""
SUSPECTS_MAX = 500
"""What is wrong more often than this has one cause."""

RULES = ("postings-sum-to-zero", "nothing-is-negative", "reserved-is-what-jobs-hold")

_ENTRY: LiteralString = """
SELECT s.position,
       (SELECT coalesce(sum((p ->> 'millicredits')::numeric), 0)
          FROM jsonb_array_elements(s.postings) AS p) <> 0,
       s.available < 0 OR s.reserved < 0
  FROM views.statement s
"""
_NEXT_ENTRIES: LiteralString = (
    f"{_ENTRY} WHERE s.position > %(after)s ORDER BY s.position LIMIT %(limit)s"
)
_SAME_ENTRIES: LiteralString = f"{_ENTRY} WHERE s.position = ANY(%(these)s)"

# An owner whose read models stand still is shown as parked, and may stand in the middle of a save.
_OWNER: LiteralString = """
SELECT b.owner_id,
       b.reserved <> (
           SELECT coalesce(sum(j.quoted_millicredits - j.captured_millicredits
                               - j.released_millicredits), 0)
             FROM views.jobs j WHERE j.owner_id = b.owner_id
       ) AND NOT EXISTS (SELECT FROM views.parked_owners p WHERE p.owner_id = b.owner_id),
       b.available < 0 OR b.reserved < 0
  FROM views.balances b
"""
_NEXT_OWNERS: LiteralString = (
    f"{_OWNER} WHERE b.owner_id > %(after)s ORDER BY b.owner_id LIMIT %(limit)s"
)
_SAME_OWNERS: LiteralString = f"{_OWNER} WHERE b.owner_id = ANY(%(these)s)"


@dataclass(frozen=True)
class LedgerLook:
    """What was looked at since the start, how often all of it was, and where a rule is broken.

    `broken` counts entries and owners by the names in `RULES`.
    """

    entries: int
    owners: int
    rounds: int
    broken: dict[str, int]


class LedgerWalk:
    """Goes on with each look. Used by one thread at a time.

    Rows of one save may be folded in two transactions: what is amiss once is looked at again, and
    counts only if it still is.
    """

    def __init__(
        self, *, entries_a_look: int = ENTRIES_A_LOOK, owners_a_look: int = OWNERS_A_LOOK
    ) -> None:
        self._entries = _Walk(_NEXT_ENTRIES, _SAME_ENTRIES, 0, entries_a_look)
        self._owners = _Walk(_NEXT_OWNERS, _SAME_OWNERS, UUID(int=0), owners_a_look)

    def look(self, connections: Connections) -> LedgerLook:
        """Look at the next piece, and again at what was amiss."""
        with connections.reading("projector") as connection:
            self._entries.step(connection)
        with connections.reading("projector") as connection:
            self._owners.step(connection)
        postings, negative_entries = self._entries.broken
        held, negative_balances = self._owners.broken
        by_rule = (postings, negative_entries + negative_balances, held)
        return LedgerLook(
            entries=self._entries.walked,
            owners=self._owners.walked,
            rounds=min(self._entries.rounds, self._owners.rounds),
            broken=dict(zip(RULES, by_rule, strict=True)),
        )


class _Walk:
    """Along one key, round after round. Rows answer their key and two findings."""

    def __init__(
        self, following: LiteralString, these: LiteralString, start: Any, limit: int
    ) -> None:
        self._following = following
        self._these = these
        self._start = self._after = start
        self._limit = limit
        self._suspects: dict[Any, tuple[bool, bool]] = {}
        self._confirmed: dict[Any, tuple[bool, bool]] = {}
        self.walked = 0
        self.rounds = 0

    @property
    def broken(self) -> tuple[int, int]:
        """How often each of the two was found, and found again."""
        found = self._confirmed.values()
        return sum(first for first, _ in found), sum(second for _, second in found)

    def step(self, connection: Connection[TupleRow]) -> None:
        """Look again at what was amiss, then at the next piece."""
        doubted = [*self._confirmed, *self._suspects]
        again = connection.execute(self._these, {"these": doubted}).fetchall() if doubted else []
        self._confirmed = _amiss(again)
        rows = connection.execute(
            self._following, {"after": self._after, "limit": self._limit}
        ).fetchall()
        new = _amiss(row for row in rows if row[0] not in self._confirmed)
        room = SUSPECTS_MAX - len(self._confirmed)
        self._suspects = dict(list(new.items())[: max(room, 0)])
        self.walked += len(rows)
        if len(rows) < self._limit:
            self._after, self.rounds = self._start, self.rounds + 1
        else:
            self._after = rows[-1][0]


def _amiss(rows: Iterable[TupleRow]) -> dict[Any, tuple[bool, bool]]:
    return {key: (first, second) for key, first, second in rows if first or second}
