"""Which errors say that the database is away, and nothing about what was done with it."""

import psycopg

_LIMIT_EXCEEDED = "54"
"""PostgreSQL's class of limits that a value broke: they are the value's fault, for ever."""


def is_database_outage(error: BaseException) -> bool:
    """Whether to do the same again later: no connection, no lock, no room, no time."""
    if isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith(_LIMIT_EXCEEDED):
        return False
    # A pool's time-out is an operational error, too.
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
