"""How many times a second an API process says who is signed in, over stock Strawberry + FastAPI.

`{ viewer { ... on Viewer { id } } }` with a session, by `wrk` with eight connections, one process
each, in turns. Stock is `benchmarks.stock_graphql`: one look-up of the session by psycopg's
asynchronous pool. It runs as `pip install uvicorn` has it (asyncio, h11), and, to see what is ours,
on uvloop and httptools, too. The floor is that look-up bare, on uvloop and httptools.

    python -m benchmarks.viewer_request        # needs wrk (Debian's package)
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx
from psycopg.conninfo import make_conninfo

from benchmarks.measure import quantile, report
from benchmarks.served_api import document_id, prepared_studio, serving, signed_up
from benchmarks.stock_graphql import DATABASE

ROUNDS = 3
WRK: Final = ("wrk", "-t1", "-c8", "-d4s", "--latency")
DOCUMENT = "{ viewer { ... on Viewer { id } } }"
STOCK_DOCUMENT = "{ viewer { id } }"
STOCK_UVICORN = ("--loop", "asyncio", "--http", "h11")
FAST_UVICORN = ("--loop", "uvloop", "--http", "httptools")


def main() -> None:
    """Start all sides, ask each in turns, print requests a second."""
    if shutil.which("wrk") is None:
        sys.exit("viewer_request needs wrk: apt-get install wrk")
    with prepared_studio() as studio, ExitStack() as stack:
        ours = stack.enter_context(studio.api())
        vault = make_conninfo(studio.url, options="-c role=vault")
        stock = stack.enter_context(serving(_stock("app", STOCK_UVICORN), {DATABASE: vault}))
        fast = stack.enter_context(serving(_stock("app", FAST_UVICORN), {DATABASE: vault}))
        bare = stack.enter_context(serving(_stock("bare", FAST_UVICORN), {DATABASE: vault}))
        token = signed_up(ours)
        sides = {
            "trusted": (ours, {"documentId": document_id(ours, "Session")}),
            "free": (ours, {"query": DOCUMENT}),
            "stock": (stock, {"query": STOCK_DOCUMENT}),
            "stock_uvloop": (fast, {"query": STOCK_DOCUMENT}),
            "floor": (bare, {"query": STOCK_DOCUMENT}),
        }
        taken: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, (port, asked) in sides.items():
                taken[name].append(_asked(port, asked, token, studio.folder))
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


def _stock(app: str, options: Sequence[str]) -> Callable[[int], Sequence[str]]:
    def command(port: int) -> Sequence[str]:
        return (
            *(sys.executable, "-m", "uvicorn", f"benchmarks.stock_graphql:{app}"),
            *("--port", str(port), "--no-access-log", "--log-level", "warning", *options),
        )

    return command


if __name__ == "__main__":
    main()
