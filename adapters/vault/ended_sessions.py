"""How sessions end: at once, and so that every process ends the feeds that they follow."""

from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

FEED_CHANNEL = "feed"
"""Where processes that serve feeds hear whose to look at: owner ids in hex."""

_END = """
WITH closed AS (DELETE FROM vault.sessions WHERE {} RETURNING person_id)
SELECT pg_notify(%(channel)s, replace(person_id::text, '-', '')) FROM closed
"""
_BY_TOKEN = _END.format("token_sha256 = %(token)s")
_BY_ID = _END.format("person_id = %(person)s AND session_id = %(session)s")
_BUT_ONE = _END.format("person_id = %(person)s AND token_sha256 <> %(but)s")


def end_session(connection: Connection[TupleRow], *, token_sha256: bytes) -> None:
    """End one by its token's digest. May be repeated."""
    _ended(connection, _BY_TOKEN, token=token_sha256)


def end_own_session(connection: Connection[TupleRow], person_id: UUID, session_id: UUID) -> bool:
    """End one by its id. False where the person has none of this id."""
    return _ended(connection, _BY_ID, person=person_id, session=session_id) == 1


def end_sessions(connection: Connection[TupleRow], person_id: UUID, *, but: bytes = b"") -> int:
    """End all of a person, but for the one with this token's digest. Answers how many."""
    return _ended(connection, _BUT_ONE, person=person_id, but=but)


def forget_links(connection: Connection[TupleRow], person_id: UUID) -> None:
    """No link of before sets a password any more."""
    connection.execute("DELETE FROM vault.password_links WHERE person_id = %s", [person_id])


def _ended(connection: Connection[TupleRow], statement: str, **values: Any) -> int:
    return connection.execute(statement.encode(), {"channel": FEED_CHANNEL, **values}).rowcount
