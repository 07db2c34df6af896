"""Accounts, sessions and seen webhooks in PostgreSQL."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from psycopg import Connection, Error
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.vault.email_lookup import email_lookup
from adapters.vault.ended_sessions import end_session, end_sessions, forget_links
from commands.ports.accounts import SEEN_EVERY, UNKNOWN_DEVICE, Account, Device, Session
from domain.kernel.personal_text import FreeText
from domain.kernel.role import Role
from domain.kernel.stored_form import SealedText, Sealer
from domain.refusals import EmailTaken

_ADDRESS_OF = b"vault.accounts.email:"

# The row of the account is locked against a change of its password, which then ends this session,
# or has come before, and there is another hash.
_OPEN = """
INSERT INTO vault.sessions
       (token_sha256, person_id, created_at, last_seen_at, expires_at, browser, system)
SELECT %(token)s, a.person_id, %(at)s, %(at)s, %(expires_at)s, %(browser)s, %(system)s
  FROM vault.accounts AS a
 WHERE a.person_id = %(person)s
   AND (%(proved_by)s::text IS NULL OR a.password_hash = %(proved_by)s)
   FOR SHARE OF a
"""
# Whoever is being noted elsewhere at this moment is not waited for.
_NOTE_SEEN = """
UPDATE vault.sessions SET last_seen_at = %(at)s WHERE token_sha256 IN (
    SELECT token_sha256 FROM vault.sessions
     WHERE token_sha256 = ANY (%(tokens)s) AND last_seen_at <= %(before)s
       FOR UPDATE SKIP LOCKED)
"""


class PostgresAccounts:
    """The `Accounts` of commands. `pool` holds connections of the role `vault`.

    `lookup_secret` keys the digests by which addresses are found; with another one, none is found.
    Safe to share between threads.
    """

    def __init__(
        self, pool: ConnectionPool[Connection[TupleRow]], sealer: Sealer, lookup_secret: bytes
    ) -> None:
        self._pool = pool
        self._sealer = sealer
        self._lookup_secret = lookup_secret

    def create(
        self,
        person_id: UUID,
        *,
        email: str,
        password_hash: str,
        at: datetime,
        role: Role = Role.CREATOR,
    ) -> None:
        """Open an account. The same person with the same address again changes nothing.

        Raises `EmailTaken` where the address belongs to another person, and `ValueError` where the
        person has an account with another address.
        """
        lookup = email_lookup(self._lookup_secret, email)
        if self._is_there(person_id, lookup):
            return
        sealed = self._sealer.seal(person_id, email.strip(), bound_to=_place(person_id))
        with self._pool.connection() as connection:
            made = connection.execute(
                "INSERT INTO vault.accounts (person_id, email_key_id, email_sealed, email_lookup, "
                "password_hash, role, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                [person_id, sealed.key_id, sealed.sealed, lookup, password_hash, role, at],
            )
        if made.rowcount == 0:
            # Somebody was quicker: with the same account, or with the same address.
            self._is_there(person_id, lookup)

    def find(self, person_id: UUID) -> Account | None:
        """The account of a person."""
        return self._account("person_id = %s", person_id)

    def find_by_email(self, email: str) -> Account | None:
        """The account that signs in with this address."""
        return self._account("email_lookup = %s", email_lookup(self._lookup_secret, email))

    def email_of(self, person_id: UUID) -> FreeText | None:
        """The address for its owner's own page; `Erased` after erasure, None without an account."""
        with self._pool.connection() as connection:
            row = connection.execute(
                "SELECT email_key_id, email_sealed FROM vault.accounts WHERE person_id = %s",
                [person_id],
            ).fetchone()
        if row is None:
            return None
        return self._sealer.open(SealedText(*row), bound_to=_place(person_id))

    def replace_password_hash(
        self, person_id: UUID, password_hash: str, *, instead_of: str | None = None
    ) -> None:
        """Store another hash of the same password."""
        with self._pool.connection() as connection:
            connection.execute(
                "UPDATE vault.accounts SET password_hash = %s "
                "WHERE person_id = %s AND password_hash = coalesce(%s, password_hash)",
                [password_hash, person_id, instead_of],
            )

    def change_password(
        self, person_id: UUID, password_hash: str, *, instead_of: str, this: bytes
    ) -> int | None:
        """Store another hash, end every other session and every link that sets a password."""
        with self._pool.connection() as connection, connection.transaction():
            changed = connection.execute(
                "UPDATE vault.accounts SET password_hash = %s "
                "WHERE person_id = %s AND password_hash = %s",
                [password_hash, person_id, instead_of],
            )
            if changed.rowcount == 0:
                return None
            forget_links(connection, person_id)
            return end_sessions(connection, person_id, but=this)

    def set_role(self, person_id: UUID, role: Role) -> None:
        """Change the role. Open sessions carry the new role from their next look-up on."""
        with self._pool.connection() as connection:
            connection.execute(
                "UPDATE vault.accounts SET role = %s WHERE person_id = %s", [role, person_id]
            )

    def open_session(
        self,
        token_sha256: bytes,
        *,
        person_id: UUID,
        at: datetime,
        expires_at: datetime,
        device: Device = UNKNOWN_DEVICE,
        proved_by: str | None = None,
    ) -> bool:
        """Remember a session, and forget those of this person that have expired."""
        with self._pool.connection() as connection, connection.transaction():
            # First, as it locks the account: whoever changes a password locks that before sessions.
            opened = connection.execute(
                _OPEN,
                {
                    "token": token_sha256,
                    "person": person_id,
                    "at": at,
                    "expires_at": expires_at,
                    "browser": device.browser,
                    "system": device.system,
                    "proved_by": proved_by,
                },
            )
            connection.execute(
                "DELETE FROM vault.sessions WHERE person_id = %s AND expires_at <= %s",
                [person_id, at],
            )
        return opened.rowcount == 1

    def sessions(self, tokens_sha256: Sequence[bytes], *, at: datetime) -> Mapping[bytes, Session]:
        """Those of the sessions that are open at `at`; notes that they were seen."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "SELECT s.token_sha256, s.person_id, a.role, s.expires_at, s.last_seen_at "
                "FROM vault.sessions s JOIN vault.accounts a USING (person_id) "
                "WHERE s.token_sha256 = ANY (%s) AND s.expires_at > %s",
                [list(tokens_sha256), at],
                prepare=True,
            ).fetchall()
            before = at - SEEN_EVERY
            unnoted = [row[0] for row in rows if row[4] <= before]
            if unnoted:
                # Where nothing can be written, people read all the same.
                with suppress(Error), connection.transaction():
                    connection.execute(_NOTE_SEEN, {"tokens": unnoted, "at": at, "before": before})
        return {bytes(row[0]): Session(row[1], Role(row[2]), row[3]) for row in rows}

    def close_session(self, token_sha256: bytes) -> None:
        """Close one session at once, and have every process end its feeds. May be repeated."""
        with self._pool.connection() as connection:
            end_session(connection, token_sha256=token_sha256)

    def remember_webhook(self, provider: str, webhook_id: str, *, at: datetime) -> bool:
        """Note that a webhook was acted on. False where it had been before."""
        with self._pool.connection() as connection:
            noted = connection.execute(
                "INSERT INTO vault.webhooks (provider, webhook_id, received_at) "
                "VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [provider, webhook_id, at],
            )
        return noted.rowcount == 1

    def _is_there(self, person_id: UUID, lookup: bytes) -> bool:
        with self._pool.connection() as connection:
            rows = connection.execute(
                "SELECT person_id, email_lookup FROM vault.accounts "
                "WHERE person_id = %s OR email_lookup = %s",
                [person_id, lookup],
            ).fetchall()
        if any(person != person_id for person, _ in rows):
            raise EmailTaken()
        if any(address != lookup for _, address in rows):
            raise ValueError("this person has an account with another address")
        return bool(rows)

    def _account(self, condition: str, value: object) -> Account | None:
        with self._pool.connection() as connection:
            row = connection.execute(
                "SELECT person_id, role, password_hash FROM vault.accounts "
                f"WHERE {condition}".encode(),
                [value],
            ).fetchone()
        return None if row is None else Account(row[0], Role(row[1]), row[2])


def _place(person_id: UUID) -> bytes:
    return _ADDRESS_OF + person_id.bytes
