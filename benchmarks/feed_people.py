"""People with sessions, straight in the tables: the API would take minutes for their passwords."""

import hashlib
from collections.abc import Sequence
from uuid import UUID, uuid4

import psycopg

from queries.read_position import FEED_CHANNEL


def people(admin_url: str, count: int, sessions_each: int) -> dict[UUID, list[str]]:
    """The tokens of `count` new people."""
    made = {uuid4(): [uuid4().hex for _ in range(sessions_each)] for _ in range(count)}
    sessions = [
        (hashlib.sha256(token.encode()).digest(), person)
        for person, tokens in made.items()
        for token in tokens
    ]
    with psycopg.connect(admin_url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO vault.accounts VALUES (%s, gen_random_uuid(), '', %s, '', 'creator')",
            [(person, person.bytes) for person in made],
        )
        cursor.executemany(
            "INSERT INTO vault.sessions VALUES (%s, %s, now(), now() + interval '1 hour')",
            sessions,
        )
    return made


def change(connection: psycopg.Connection, people: Sequence[UUID], position: int) -> None:
    """One change of each one's wallet, all in one commit, as the projector writes it."""
    with connection.transaction(), connection.cursor() as cursor:
        named = [{"person": person, "position": position} for person in people]
        cursor.executemany(
            "INSERT INTO views.balances (owner_id, available, reserved, spent, position) "
            "VALUES (%(person)s, 1000, 0, 0, %(position)s) ON CONFLICT (owner_id) "
            "DO UPDATE SET available = views.balances.available + 1, position = %(position)s",
            named,
        )
        cursor.executemany(
            "INSERT INTO views.feed "
            "VALUES (%(person)s, %(position)s, 0, 'wallet', %(person)s, '{}', now())",
            named,
        )
        heard = ",".join(person.hex for person in people)
        cursor.execute("SELECT pg_notify(%s, %s)", (FEED_CHANNEL, heard))
