"""Every read is somebody's: the only way from a query to the tables."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString, Protocol, TypeVar
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import dict_row

from domain.kernel.role import Role

T = TypeVar("T")

NO_VALUES: Mapping[str, Any] = {}


class Connections(Protocol):
    """Lends connections whose user may `SET ROLE reader`. `psycopg_pool.ConnectionPool` fits."""

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        """A connection for the length of a `with` block."""
        ...


@dataclass(frozen=True)
class View:
    """One viewer's sight of the read models: one snapshot, read only, behind the row policies."""

    viewer_id: UUID
    role: Role
    _connection: Connection[Any] = field(repr=False)

    def many(
        self, kind: type[T], statement: LiteralString, values: Mapping[str, Any] = NO_VALUES
    ) -> list[T]:
        """All rows as `kind`, a struct whose fields are named like the columns."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement, values)
            return [msgspec.convert(row, kind) for row in cursor]

    def one(
        self, kind: type[T], statement: LiteralString, values: Mapping[str, Any] = NO_VALUES
    ) -> T | None:
        """The first row as `kind`, or None: absent and somebody else's look the same."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone()
            return None if row is None else msgspec.convert(row, kind)

    def read_in_order(self) -> None:
        """From here on, lists are read from an index in their order, whatever the planner believes.

        It cannot know how many rows a derived state lets through, and takes them for few: it would
        read and sort a million to show fifty, and call for workers to help with it.
        """
        self._connection.execute(
            """
            SELECT set_config('enable_sort', 'off', true),
                   set_config('enable_incremental_sort', 'off', true),
                   set_config('enable_seqscan', 'off', true),
                   set_config('enable_bitmapscan', 'off', true),
                   set_config('max_parallel_workers_per_gather', '0', true)
            """
        )


@contextmanager
def as_viewer(connections: Connections, viewer_id: UUID, role: Role) -> Iterator[View]:
    """Read as this person, who was authenticated by the caller. Nothing can be written."""
    with (
        connections.connection() as connection,
        view_on(connection, viewer_id, role) as view,
    ):
        yield view


@contextmanager
def view_on(connection: Connection[Any], viewer_id: UUID, role: Role) -> Iterator[View]:
    """As `as_viewer`, on a connection the caller holds, which must not be in a transaction."""
    # One round trip: a UUID and a word of ours need no place holders, which would take three.
    connection.execute(
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
        f"SELECT set_config('suite.viewer', '{UUID(int=viewer_id.int)}', true),"
        f"       set_config('suite.role', '{Role(role).value}', true),"
        "        set_config('role', 'reader', true)".encode()
    )
    try:
        yield View(viewer_id, role, connection)
    finally:
        # Nothing was written. A lost connection has nothing to end, and its own error to raise.
        if not connection.closed:
            connection.execute("ROLLBACK")
