"""What a look needs: somebody who lends a connection of a role, for reading only."""

from contextlib import AbstractContextManager
from typing import Literal, Protocol, TypeAlias

from psycopg import Connection
from psycopg.rows import TupleRow

Looks: TypeAlias = Literal["writer", "projector"]
"""A look is nobody's: it reads counts where viewers may read only their own rows."""


class Connections(Protocol):
    """Lends one connection a role, for one look at a time."""

    def reading(self, role: Looks) -> AbstractContextManager[Connection[TupleRow]]:
        """A read-only transaction as `role`, for a bounded time. Raises psycopg's errors."""
        ...
