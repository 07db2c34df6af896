"""A sandbox provider's own small database: a file that several processes may use at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from commands.ports.webhooks import ProviderUnavailable

BUSY_TIMEOUT_S = 5.0


class SandboxDatabase:
    """SQLite in WAL mode. The file and its tables appear with the first use."""

    def __init__(self, path: Path, *tables: str) -> None:
        self._path = path
        self._tables = tables

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """One transaction, committed where the block ends well. Raises `ProviderUnavailable`."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S)) as connection:
                connection.isolation_level = None
                connection.execute("pragma journal_mode = wal")
                for table in self._tables:
                    connection.execute(table)
                # Immediate: a read that later writes would otherwise fail instead of waiting.
                connection.execute("begin immediate")
                try:
                    yield connection
                except BaseException:
                    connection.execute("rollback")
                    raise
                connection.execute("commit")
        except (sqlite3.OperationalError, OSError) as failed:
            raise ProviderUnavailable from failed
