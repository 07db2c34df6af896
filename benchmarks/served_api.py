"""API processes to be asked from outside: ours and others, and somebody who is signed in."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from pydantic import SecretStr

from adapters.postgres.embedded import EmbeddedPostgres
from processes.prepare import prepare
from processes.settings import Settings

START_WAIT_S = 30.0
PASSWORD = "seven lighthouses in fog"


@dataclass(frozen=True)
class Prepared:
    """A studio without processes: its folder, its database, and how its API is started."""

    folder: Path
    url: str
    admin_url: str

    @contextmanager
    def api(self) -> Iterator[int]:
        """The port of an API process of it."""
        environment = {"SUITE_HOME": str(self.folder), "SUITE_DATABASE_URL": self.url}
        with serving(_suite, environment) as port:
            yield port


@contextmanager
def prepared_studio() -> Iterator[Prepared]:
    """A studio as `suite up` prepares it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with EmbeddedPostgres(folder / "postgres") as server:
            settings = Settings(home=folder, database_url=SecretStr(server.url()))
            prepare(settings, server.admin_url(), lambda step: None)
            yield Prepared(folder, server.url(), server.admin_url())


@contextmanager
def serving(
    command: Callable[[int], Sequence[str]], environment: Mapping[str, str]
) -> Iterator[int]:
    """A server on a free port, from when it answers until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    own = {"SUITE_PORT": str(port), "SUITE_METRICS_PORT": "0"}
    process = subprocess.Popen(command(port), env={**os.environ, **environment, **own})
    try:
        deadline_s = time.monotonic() + START_WAIT_S
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/livez")
                break
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > deadline_s:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def signed_up(port: int) -> str:
    """The token of somebody new."""
    given = {"email": "nobody@example.com", "password": PASSWORD}
    _mutated(port, "signUp", {**given, "idempotencyKey": str(uuid4())}, "position")
    return _mutated(port, "signIn", given, "token")


def document_id(port: int, name: str) -> str:
    """The id of a trusted document."""
    return str(httpx.get(f"http://127.0.0.1:{port}/documents.json").json()[name])


def _mutated(port: int, mutation: str, given: Mapping[str, str], wanted: str) -> str:
    kind = mutation[0].upper() + mutation[1:]
    document = (
        f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) "
        f"{{ ... on {kind}Success {{ {wanted} }} }} }}"
    )
    answer = httpx.post(
        f"http://127.0.0.1:{port}/graphql", json={"query": document, "variables": {"input": given}}
    ).json()
    return str(answer["data"][mutation][wanted])


def _suite(port: int) -> Sequence[str]:
    return (sys.executable, "-m", "processes.cli", "run", "api")
