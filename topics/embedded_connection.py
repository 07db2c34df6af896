"""How the embedded transport talks to PostgreSQL: as the role `topics`, woken by NOTIFY."""

import time
from collections.abc import Collection
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

CHANNEL = "topics"
"""Payloads are topic names, and `group:<name>` where memberships of a group changed."""

ROLE = "topics"
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 20_000
RECONNECT_DELAY_S = 0.5

Connection: TypeAlias = psycopg.Connection[TupleRow]

CONNECTION_ERRORS = (psycopg.OperationalError, psycopg.InterfaceError)
"""What psycopg raises for a server that is gone, and for the connection it left behind."""


def conninfo(url: str) -> str:
    """`url` with the role and the limits as start-up options, which hold from the beginning."""
    options = [
        str(conninfo_to_dict(url).get("options") or ""),
        f"-c role={ROLE}",
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        f"-c lock_timeout={LOCK_TIMEOUT_MS}",
        f"-c idle_in_transaction_session_timeout={STATEMENT_TIMEOUT_MS}",
    ]
    return make_conninfo(url, options=" ".join(options).strip(), application_name=f"suite:{ROLE}")


class ListeningConnection:
    """One connection that hears of new records. Used by one thread at a time.

    Opened when first needed, and again after it was dropped.
    """

    def __init__(self, url: str) -> None:
        self._conninfo = conninfo(url)
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection, listening. Raises `psycopg.OperationalError` where there is none."""
        if self._connection is None:
            opened = psycopg.connect(self._conninfo, autocommit=True)
            try:
                # Before anything is read: what is committed after that reading is heard of.
                opened.execute(f"LISTEN {CHANNEL}")
            except BaseException:
                opened.close()
                raise
            self._connection = opened
        return self._connection

    def heard(self) -> set[str]:
        """The payloads that have arrived, without waiting."""
        return self._listen(timeout_s=0.0)

    def wait(self, payloads: Collection[str], timeout_s: float) -> set[str]:
        """Wait until one of `payloads` arrives; all that arrived. Empty after `timeout_s`."""
        ends_at_s = time.monotonic() + timeout_s
        arrived: set[str] = set()
        while arrived.isdisjoint(payloads):
            left_s = ends_at_s - time.monotonic()
            if left_s <= 0:
                return set()
            arrived |= self._listen(left_s)
        return arrived

    def drop(self) -> None:
        """Close the connection. The next use opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listen(self, timeout_s: float) -> set[str]:
        notices: Any = self.connection.notifies(timeout=timeout_s, stop_after=1)
        return {notice.payload for notice in notices}
