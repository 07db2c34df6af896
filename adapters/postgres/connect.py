"""Connections, each bound to one role from its first moment.

The login that processes use owns nothing and inherits nothing: it may only become one of the roles.
The role is a start-up option of the session, so `RESET ROLE` leads back to it and not to the login.
"""

from typing import Literal, TypeAlias

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

Role: TypeAlias = Literal["writer", "projector", "reader", "topics", "vault"]

LOCK_TIMEOUT_MS = 20_000
STATEMENT_TIMEOUT_MS = 60_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
"""A process that stalls inside a transaction loses it, and with it the locks others wait for."""

POOL_WAIT_TIMEOUT_S = 30.0


class SuperuserRefused(Exception):
    """A process was given a superuser's login, which no row policy binds."""


def connect(url: str, role: Role, *, application: str = "suite") -> Connection[TupleRow]:
    """One connection in autocommit mode, acting as `role`. The caller closes it.

    Raises `SuperuserRefused`, and `psycopg.OperationalError` where the server is out of reach.
    """
    connection = psycopg.connect(_conninfo(url, role, application), autocommit=True)
    try:
        _refuse_superuser(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_pool(
    url: str, role: Role, *, size_max: int, application: str = "suite"
) -> ConnectionPool[Connection[TupleRow]]:
    """An open pool of autocommit connections acting as `role`. The caller closes it.

    It grows from none to `size_max`: whoever waits longer than `POOL_WAIT_TIMEOUT_S` gets
    `psycopg_pool.PoolTimeout`.
    """
    return ConnectionPool(
        _conninfo(url, role, application),
        kwargs={"autocommit": True},
        configure=_refuse_superuser,
        min_size=0,
        max_size=size_max,
        timeout=POOL_WAIT_TIMEOUT_S,
        name=f"{application}-{role}",
        open=True,
    )


def _conninfo(url: str, role: Role, application: str) -> str:
    options = [
        str(conninfo_to_dict(url).get("options") or ""),
        f"-c role={role}",
        # In another zone the last day of the year 9999, which stands for never, is no date.
        "-c timezone=UTC",
        f"-c lock_timeout={LOCK_TIMEOUT_MS}",
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}",
    ]
    return make_conninfo(
        url,
        options=" ".join(options).strip(),
        application_name=f"{application}:{role}",
        fallback_application_name=None,
    )


def _refuse_superuser(connection: Connection[TupleRow]) -> None:
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user"
    ).fetchone()
    if row is None or row[0]:
        raise SuperuserRefused("processes connect with a login that row policies bind")
