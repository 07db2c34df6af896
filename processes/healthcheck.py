"""Whether a process is well: for `suite healthcheck`, and for the supervisor."""

import os
import time
from dataclasses import replace
from enum import StrEnum
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from adapters.postgres.connect import Role
from processes.heartbeat import heartbeat_file
from processes.settings import Settings

ANSWER_TIMEOUT_S = 4.0

_ROLES: dict[str, Role] = {
    "relay": "projector",
    "projector": "projector",
    "recorder": "writer",
    "reactor": "writer",
    "watchdog": "writer",
}
"""As whom a process reaches the database. Worker and screener do not; the API is asked itself."""


class Ailment(StrEnum):
    """What may be wrong with a process."""

    NOT_READY = "it does not say that it is ready"
    NOT_BEGUN = "its main loop has not begun, or has ended"
    GONE = "its process is gone"
    HANGS = "its main loop does not turn"
    DATABASE = "the database is out of its reach"
    TOPICS = "the topics are out of its reach"


class Unwell(Exception):
    """A process is unwell. `detail` is for an operator and names no secret."""

    def __init__(self, process: str, ailment: Ailment, detail: str) -> None:
        self.process = process
        self.ailment = ailment
        super().__init__(f"{process} is unwell: {ailment} ({detail})")


def check(settings: Settings, process: str) -> None:
    """Raises `Unwell`, and `DatabaseUnset` where the process has none.

    Is asked on the machine of the process, with its settings and as its user. Reads what the
    process itself has shown, and takes the ways to the outside that it takes.
    """
    check_process(settings, process)
    if process == "api":
        return
    roles = [_ROLES[process]] if process in _ROLES else []
    if settings.kafka_bootstrap is None:
        roles.append("topics")
    for role in roles:
        _check_database(process, settings.require_database_url(), role)
    if settings.kafka_bootstrap is not None:
        _check_kafka(process, settings, settings.kafka_bootstrap)


def check_process(settings: Settings, process: str, *, session: int | None = None) -> None:
    """As `check`, without a look at the outside: whether the process does what is its own part.

    Where a `session` is given, the heartbeat of a process of another one counts for nothing.
    """
    _check_heartbeat(process, settings, session)
    # Of several on one port, the kernel picks who answers: each is known by its heartbeat alone.
    if process == "api" and settings.api_processes == 1:
        _check_ready(settings)


def _check_ready(settings: Settings) -> None:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    address = f"http://{host}:{settings.port}/readyz"
    try:
        with urlopen(address, timeout=ANSWER_TIMEOUT_S):
            return
    except (URLError, OSError, HTTPException) as error:
        if isinstance(error, HTTPError) and settings.database_url is not None:
            # It answers that it waits for its database: if that is so, the API is not to blame.
            _check_database("api", settings.require_database_url(), "reader")
        raise Unwell("api", Ailment.NOT_READY, f"{address}: {error}") from error


def _check_heartbeat(process: str, settings: Settings, session: int | None) -> None:
    file = heartbeat_file(settings, process)
    try:
        turned_s = file.stat().st_mtime
        pid = int(file.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        raise Unwell(process, Ailment.NOT_BEGUN, f"no heartbeat in {file}") from None
    try:
        found = os.getsid(pid)
    except ProcessLookupError:
        raise Unwell(process, Ailment.GONE, f"process {pid}") from None
    if session not in (None, found):
        raise Unwell(process, Ailment.NOT_BEGUN, f"the heartbeat is that of process {pid}")
    silent_s = abs(time.time() - turned_s)
    if silent_s > settings.turn_max_s:
        raise Unwell(process, Ailment.HANGS, f"for {silent_s:.0f} s")


def _check_database(process: str, url: str, role: Role) -> None:
    from psycopg import Error
    from psycopg.conninfo import make_conninfo

    from adapters.postgres.connect import SuperuserRefused, connect

    limited = make_conninfo(url, connect_timeout=round(ANSWER_TIMEOUT_S))
    try:
        with connect(limited, role, application=f"healthcheck {process}") as connection:
            connection.execute("SELECT 1")
    except (Error, SuperuserRefused) as error:
        # Only the class: the message may name hosts and users.
        detail = f"as {role}: {type(error).__name__}"
        raise Unwell(process, Ailment.DATABASE, detail) from error


def _check_kafka(process: str, settings: Settings, bootstrap: str) -> None:
    from processes.wiring.transport import kafka_settings
    from topics.kafka_access import ClusterUnreachable, reach

    try:
        reach(replace(kafka_settings(settings, bootstrap), bootstrap_timeout_s=ANSWER_TIMEOUT_S))
    except ClusterUnreachable as error:
        raise Unwell(process, Ailment.TOPICS, str(error)) from error
