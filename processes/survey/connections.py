"""Connections for looks: of a role each, for reading only, and for a bounded time."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import LiteralString

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.postgres.connect import Role, open_pool

STATEMENT_MAX_MS: LiteralString = "1500"
"""A look that takes longer is given up: it is never worth what it holds up."""
CONNECTION_WAIT_MAX_S = 3.0


@dataclass(frozen=True)
class Connections:
    """One connection a role, lent for one look at a time."""

    pools: Mapping[Role, ConnectionPool[Connection[TupleRow]]]

    @contextmanager
    def reading(self, role: Role) -> Iterator[Connection[TupleRow]]:
        """A read-only transaction as `role`. Raises psycopg's errors, `QueryCanceled` among them
        where a statement takes too long.
        """
        with (
            self.pools[role].connection(CONNECTION_WAIT_MAX_S) as connection,
            connection.transaction(),
        ):
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute(f"SET LOCAL statement_timeout = {STATEMENT_MAX_MS}")
            yield connection


@contextmanager
def open_connections(url: str, *roles: Role) -> Iterator[Connections]:
    """Connections of these roles, made when they are needed, closed with the block."""
    with ExitStack() as stack:
        yield Connections(
            {
                role: stack.enter_context(open_pool(url, role, size_max=1, application="survey"))
                for role in roles
            }
        )
