"""Rebuilding all read models from the event store, and comparing them with what stands there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Cursor, sql

from domain.kernel.stored_form import Sealer, StoredForm
from projections.isolation import Isolation
from projections.parked_owners import ParkedOwner
from projections.projector import FACTS_PER_TRANSACTION_MAX, PROJECTOR_GATE, Connect
from projections.read_model import ReadModel
from projections.registry import READ_MODELS
from projections.shadow import LIVE_SCHEMA, create_shadow, swap_in
from topics.messages.fact import Fact

FactsAfter = Callable[[int], Iterable[Fact]]
"""All stored facts after a position, in order of position."""

_SHADOW_SCHEMA = "views_rebuilt"
_PARKED = "parked_owners"
_COMPARED: dict[str, LiteralString] = {
    # What was trimmed from the live feed is no difference.
    "feed": " AS f WHERE f.position > coalesce((SELECT t.position FROM views.feed_trimmed t"
    " WHERE t.owner_id = f.owner_id), 0)",
    # Nor is what was counted up and down again, in one batch or in two.
    "gallery_months": " AS m WHERE m.items <> 0",
    # Nor is an owner whose very first fact could not be folded.
    "read_to": " AS r WHERE r.position > 0",
}
_HEARD = ("attendance", "attendance_listened", "engines_attended")
"""Who is there is heard, and no replay could tell it: such rows are taken over as they are."""

_NOT_FOLDED = frozenset({"watermarks", "feed_trimmed", _PARKED, *_HEARD})


@dataclass(frozen=True)
class Difference:
    """Rows of one table that a replay has and the live table lacks, and the other way round."""

    table: str
    missing: int
    surplus: int


@dataclass(frozen=True)
class Rebuilt:
    """How many facts there were, and the owners whom one of theirs has stopped."""

    facts: int
    parked: tuple[ParkedOwner, ...]


class Rebuild:
    """Folds the whole store into shadow tables.

    `connect` gives a connection that may become the owner of the read models and the projector,
    such as the one that runs migrations.
    """

    def __init__(
        self,
        connect: Connect,
        stored_form: StoredForm,
        sealer: Sealer,
        read_models: Sequence[ReadModel] = READ_MODELS,
    ) -> None:
        self._connect = connect
        self._isolation = Isolation(stored_form, sealer, read_models)

    def run(self, facts_after: FactsAfter) -> Rebuilt:
        """Build beside the live tables, then swap. Readers see the old rows until the very end.

        Projectors go on while the bulk is folded, and wait only for the facts since. An owner whom
        a fact stops is parked in the new tables; whoever is parked in the old ones and can be read
        now, no longer is. May be called again after a crash.
        """
        with self._connect() as connection:
            with connection.transaction(), connection.cursor() as cursor:
                # Whatever an interrupted rebuild left behind.
                cursor.execute(f"DROP SCHEMA IF EXISTS {_SHADOW_SCHEMA} CASCADE")
                create_shadow(cursor, _SHADOW_SCHEMA)
            with connection.transaction(), connection.cursor() as cursor:
                bulk, position = self._replay(cursor, facts_after(0))
            with connection.transaction(), connection.cursor() as cursor:
                _close_gate(cursor)
                # The store is ahead of every projector, so after this the shadow is, too.
                rest, _ = self._replay(cursor, facts_after(position))
                for table in ("watermarks", *_HEARD):
                    cursor.execute(
                        f"INSERT INTO {_SHADOW_SCHEMA}.{table} SELECT * FROM {LIVE_SCHEMA}.{table}"
                    )
                # Since when an owner is parked is no news that a rebuild could tell.
                cursor.execute(
                    f"""
                    UPDATE {_SHADOW_SCHEMA}.parked_owners AS p
                       SET first_at = before.first_at, attempts = before.attempts
                      FROM views.parked_owners AS before
                     WHERE before.owner_id = p.owner_id AND before.position = p.position
                    """
                )
                swap_in(cursor, _SHADOW_SCHEMA)
        return Rebuilt(bulk.facts + rest.facts, bulk.parked + rest.parked)

    def compare(self, facts_after: FactsAfter) -> tuple[Difference, ...]:
        """Replay from event zero and compare with every live table. Empty where all are equal.

        Compares what the live tables have read so far: neither a projector that lags nor an owner
        who is parked is a difference. Whom a fact would stop now that stopped nobody before is one,
        of the table `parked_owners`. Sees the live tables as they are when it begins; projectors go
        on meanwhile. Changes nothing.
        """
        with (
            self._connect() as connection,
            connection.transaction(force_rollback=True),
            connection.cursor() as cursor,
        ):
            # One snapshot of rows and read positions: no projector has to stand still for it.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            tables = create_shadow(cursor, _SHADOW_SCHEMA)
            _become_projector(cursor)
            read_to = _live_read_to(cursor)
            seen = (f for f in facts_after(0) if f.position <= read_to.get(f.owner_id, 0))
            self._replay(cursor, seen)
            differences = [_difference(cursor, name) for name in tables if name not in _NOT_FOLDED]
            differences.append(_newly_parked(cursor))
            return tuple(found for found in differences if found is not None)

    def _replay(self, cursor: Cursor[Any], facts: Iterable[Fact]) -> tuple[Rebuilt, int]:
        _become_projector(cursor)
        cursor.execute(f"SET LOCAL search_path = {_SHADOW_SCHEMA}")
        parked: list[ParkedOwner] = []
        count = position = 0
        for batch in _batches(facts):
            parked.extend(self._isolation.apply(cursor, batch).parked)
            count, position = count + len(batch), batch[-1].position
        return Rebuilt(count, tuple(parked)), position


def _become_projector(cursor: Cursor[Any]) -> None:
    cursor.execute("RESET ROLE")
    cursor.execute("SET LOCAL ROLE projector")


def _close_gate(cursor: Cursor[Any]) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (PROJECTOR_GATE,))


def _batches(facts: Iterable[Fact]) -> Iterator[list[Fact]]:
    remaining = iter(facts)
    while batch := list(islice(remaining, FACTS_PER_TRANSACTION_MAX)):
        yield batch


def _live_read_to(cursor: Cursor[Any]) -> dict[UUID, int]:
    cursor.execute("SELECT owner_id, position FROM views.read_to")
    return {owner: position for owner, position in cursor.fetchall()}


def _newly_parked(cursor: Cursor[Any]) -> Difference | None:
    cursor.execute(
        f"SELECT count(*) FROM {_SHADOW_SCHEMA}.{_PARKED} AS p"
        f" WHERE NOT EXISTS (SELECT FROM {LIVE_SCHEMA}.{_PARKED} AS l"
        " WHERE l.owner_id = p.owner_id)"
    )
    [(missing,)] = cursor.fetchall()
    return Difference(_PARKED, missing, 0) if missing else None


def _difference(cursor: Cursor[Any], table: str) -> Difference | None:
    names = {
        "live": sql.Identifier(LIVE_SCHEMA, table),
        "shadow": sql.Identifier(_SHADOW_SCHEMA, table),
    }
    kept = sql.SQL(_COMPARED.get(table, ""))
    cursor.execute(
        sql.SQL(
            """
            SELECT (SELECT count(*) FROM (
                        SELECT * FROM {shadow} {kept} EXCEPT SELECT * FROM {live}) AS missing),
                   (SELECT count(*) FROM (
                        SELECT * FROM {live} {kept} EXCEPT SELECT * FROM {shadow}) AS surplus)
            """
        ).format(**names, kept=kept)
    )
    missing, surplus = cursor.fetchone() or (0, 0)
    return Difference(table, missing, surplus) if missing or surplus else None
