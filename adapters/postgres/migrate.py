"""Numbered SQL migrations: each is run once, in order, and never changes afterwards.

A migration is a file `migrations/NNNN_name.sql`, run in a transaction of its own. The first makes
the roles and runs as the login that migrates; all others run as the role `migrator`, which so owns
every table. Needs PostgreSQL 16 or newer, and a login that may create roles and schemas.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow

from adapters.postgres.embedded import PROCESS_LOGIN

MIGRATIONS_FOLDER = Path(__file__).parent / "migrations"
LOCK_KEY = 0x5375_6974_654D_6967
"""Advisory lock of whoever migrates: `SuiteMig` in ASCII."""

_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


class MigrationRefused(Exception):
    """The database and the migrations of this release do not fit together. Nothing was changed."""


@dataclass(frozen=True)
class Migration:
    """One file: its number, its name without extension, and its text."""

    number: int
    name: str
    text: str

    @property
    def sha256(self) -> bytes:
        """Digest of the text. Recorded when the migration runs, compared ever after."""
        return hashlib.sha256(self.text.encode()).digest()


def migrate(
    admin_url: str, *, login: str = PROCESS_LOGIN, folder: Path = MIGRATIONS_FOLDER
) -> tuple[str, ...]:
    """Bring the database up to date and let `login` become each of the process roles.

    Answers the names that ran now, none where all had run. May be called twice, and by several
    processes at once: one works and the others wait. Raises `MigrationRefused`.
    """
    migrations = _read(folder)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        # Ends with the session, so a migrating process that dies releases it.
        admin.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        _make_table(admin)
        pending = _pending(migrations, _applied(admin))
        admin.execute(_LET_CREATE)
        for migration in pending:
            _run(admin, migration)
        _admit(admin, login)
    return tuple(migration.name for migration in pending)


# A backup holds no grants on the database itself: where one was restored, they are missing.
_LET_CREATE = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'migrator') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO migrator', current_database());
    END IF;
END $$
"""


def _read(folder: Path) -> list[Migration]:
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationRefused(f"{path.name} is not named NNNN_name.sql")
        found.append(Migration(int(match[1]), path.stem, path.read_text(encoding="utf-8")))
    numbers = [migration.number for migration in found]
    if len(set(numbers)) < len(numbers):
        raise MigrationRefused("two migrations share one number")
    return found


def _make_table(admin: Connection[TupleRow]) -> None:
    with admin.transaction():
        admin.execute("CREATE SCHEMA IF NOT EXISTS migrations")
        admin.execute(
            "CREATE TABLE IF NOT EXISTS migrations.applied ("
            "number integer PRIMARY KEY, name text NOT NULL, sha256 bytea NOT NULL, "
            "applied_at timestamptz NOT NULL DEFAULT now())"
        )


def _applied(admin: Connection[TupleRow]) -> dict[int, tuple[str, bytes]]:
    rows = admin.execute("SELECT number, name, sha256 FROM migrations.applied").fetchall()
    return {number: (name, bytes(digest)) for number, name, digest in rows}


def _pending(
    migrations: Sequence[Migration], applied: dict[int, tuple[str, bytes]]
) -> list[Migration]:
    known = {migration.number: migration for migration in migrations}
    for number, (name, digest) in sorted(applied.items()):
        if number not in known:
            raise MigrationRefused(f"the database holds {name}, which this release does not know")
        if known[number].sha256 != digest:
            raise MigrationRefused(f"{name} was changed after it had run")
    pending = [migration for migration in migrations if migration.number not in applied]
    late = [migration.name for migration in pending if migration.number < max(applied, default=0)]
    if late:
        raise MigrationRefused(f"{late[0]} is numbered before migrations that have run")
    return pending


def _run(admin: Connection[TupleRow], migration: Migration) -> None:
    with admin.transaction():
        if migration.number > 1:
            admin.execute("SET LOCAL ROLE migrator")
        admin.execute(migration.text.encode())
        admin.execute("RESET ROLE")
        admin.execute(
            "INSERT INTO migrations.applied (number, name, sha256) VALUES (%s, %s, %s)",
            [migration.number, migration.name, migration.sha256],
        )


def _admit(admin: Connection[TupleRow], login: str) -> None:
    name = sql.Identifier(login)
    with admin.transaction():
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login]).fetchone():
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(name))
        admin.execute(
            sql.SQL(
                "GRANT writer, projector, reader, topics, vault TO {} WITH INHERIT FALSE, SET TRUE"
            ).format(name)
        )
