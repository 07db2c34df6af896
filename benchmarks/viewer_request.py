"""How many times a second an API process says who is signed in, over stock Strawberry + FastAPI.

`{ viewer { ... on Viewer { id } } }` with a session, by `wrk` with eight connections, one process
each, in turns. Stock is `benchmarks.stock_graphql`: one look-up of the session by psycopg's
asynchronous pool. It runs as `pip install uvicorn` has it (asyncio, h11), and, to see what is ours,
on uvloop and httptools, too. The floor is that look-up bare, on uvloop and httptools.

    python -m benchmarks.viewer_request        # needs wrk (Debian's package)
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import httpx
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from adapters.postgres.embedded import EmbeddedPostgres
from benchmarks.measure import quantile, report
from benchmarks.stock_graphql import DATABASE
from processes.prepare import prepare
from processes.settings import Settings

ROUNDS = 3
WRK: Final = ("wrk", "-t1", "-c8", "-d4s", "--latency")
DOCUMENT = "{ viewer { ... on Viewer { id } } }"
STOCK_DOCUMENT = "{ viewer { id } }"
START_WAIT_S = 30.0
PASSWORD = "a password for nobody"
STOCK_UVICORN = ("--loop", "asyncio", "--http", "h11")
FAST_UVICORN = ("--loop", "uvloop", "--http", "httptools")


def main() -> None:
    """Start all sides, ask each in turns, print requests a second."""
    if shutil.which("wrk") is None:
        sys.exit("viewer_request needs wrk: apt-get install wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
        environment = {"SUITE_HOME": str(folder), "SUITE_DATABASE_URL": server.url()}
        settings = Settings(home=folder, database_url=SecretStr(server.url()))
        prepare(settings, server.admin_url(), lambda step: None)
        ours = stack.enter_context(_serving(_suite, environment))
        vault = make_conninfo(server.url(), options="-c role=vault")
        stock = stack.enter_context(_serving(_stock("app", STOCK_UVICORN), {DATABASE: vault}))
        fast = stack.enter_context(_serving(_stock("app", FAST_UVICORN), {DATABASE: vault}))
        bare = stack.enter_context(_serving(_stock("bare", FAST_UVICORN), {DATABASE: vault}))
        token = _signed_up(ours)
        sides = {
            "trusted": (ours, {"documentId": _document_id(ours)}),
            "free": (ours, {"query": DOCUMENT}),
            "stock": (stock, {"query": STOCK_DOCUMENT}),
            "stock_uvloop": (fast, {"query": STOCK_DOCUMENT}),
            "floor": (bare, {"query": STOCK_DOCUMENT}),
        }
        taken: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, (port, asked) in sides.items():
                taken[name].append(_asked(port, asked, token, folder))
    each = {name: quantile(values, 0.5) for name, values in taken.items()}
    report(
        "viewer_request",
        "stock Strawberry + FastAPI as installed, one look-up by psycopg's asynchronous pool",
        **{f"{name}_per_s": value for name, value in each.items()},
        ratio_trusted=each["trusted"] / each["stock"],
        ratio_free=each["free"] / each["stock"],
        ratio_trusted_to_stock_on_uvloop=each["trusted"] / each["stock_uvloop"],
        ratio_to_floor=each["trusted"] / each["floor"],
    )


def _asked(port: int, asked: Mapping[str, str], token: str, folder: Path) -> float:
    """Requests a second of one round. Raises where one answer was no answer."""
    script = folder / "ask.lua"
    script.write_text(
        "wrk.method = 'POST'\n"
        f"wrk.body = {json.dumps(json.dumps(asked))}\n"
        "wrk.headers['content-type'] = 'application/json'\n"
        f"wrk.headers['authorization'] = 'Bearer {token}'\n"
    )
    url = f"http://127.0.0.1:{port}/graphql"
    checked = httpx.post(url, json=asked, headers={"authorization": f"Bearer {token}"}).json()
    if not checked["data"]["viewer"]["id"]:
        raise AssertionError(checked)
    told = subprocess.run(
        [*WRK, "-s", str(script), url], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in told:
        raise AssertionError(told)
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if found is None:
        raise AssertionError(told)
    return float(found[1])


def _signed_up(port: int) -> str:
    """The token of somebody new."""
    given = {"email": "nobody@example.com", "password": PASSWORD}
    _mutated(port, "signUp", {**given, "idempotencyKey": str(uuid4())}, "position")
    return _mutated(port, "signIn", given, "token")


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


def _document_id(port: int) -> str:
    return str(httpx.get(f"http://127.0.0.1:{port}/documents.json").json()["Session"])


def _suite(port: int) -> Sequence[str]:
    return (sys.executable, "-m", "processes.cli", "run", "api")


def _stock(app: str, options: Sequence[str]) -> Callable[[int], Sequence[str]]:
    def command(port: int) -> Sequence[str]:
        return (
            *(sys.executable, "-m", "uvicorn", f"benchmarks.stock_graphql:{app}"),
            *("--port", str(port), "--no-access-log", "--log-level", "warning", *options),
        )

    return command


@contextmanager
def _serving(
    command: Callable[[int], Sequence[str]], environment: Mapping[str, str]
) -> Iterator[int]:
    """A server on a free port, from when it answers until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen(
        command(port),
        env={**os.environ, **environment, "SUITE_PORT": str(port), "SUITE_METRICS_PORT": "0"},
    )
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


if __name__ == "__main__":
    main()
