"""What feeds cost on which nothing happens: memory, a share of a core, look-ups a second.

5,000 people, or as many as are named, each with a WebSocket that follows their wallet; one API
process. Look-ups are transactions of the database, less those of an API process without feeds.

    python -m benchmarks.idle_feeds [COUNT]
"""

import asyncio
import os
import resource
import sys
import time
from pathlib import Path

import psycopg

from benchmarks.feed_clients import core_seconds, resident_bytes, subscribed
from benchmarks.feed_people import people
from benchmarks.measure import report
from benchmarks.served_api import prepared_studio

FEEDS = 5_000
SETTLE_S = 5.0
WATCHED_S = 30.0
FILES_BESIDE = 500
DOCUMENT = "subscription { wallet { __typename } }"


def main() -> None:
    """Open them, watch, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FEEDS
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + FILES_BESIDE), hard))
    with prepared_studio() as studio, studio.api() as port:
        process = api_process()
        with psycopg.connect(studio.admin_url, autocommit=True) as admin:
            tokens = [each[0] for each in people(studio.admin_url, count, 1).values()]
            alone_bytes = resident_bytes(process)
            alone_per_s = watched(admin, process)[1]
            figures = asyncio.run(_idle(admin, process, port, tokens))
    share, per_s, held_bytes, lost = figures
    report(
        "idle_feeds",
        "the same API process without feeds",
        feeds=count,
        lost=lost,
        resident_mb=held_bytes / 1e6,
        alone_mb=alone_bytes / 1e6,
        kb_per_feed=(held_bytes - alone_bytes) / count / 1e3,
        percent_of_core=100 * share,
        transactions_per_s=per_s - alone_per_s,
    )


async def _idle(
    admin: psycopg.Connection, process: int, port: int, tokens: list[str]
) -> tuple[float, float, int, int]:
    clients = await subscribed(port, tokens, DOCUMENT)
    await asyncio.sleep(SETTLE_S)
    # On a thread: the clients answer pings meanwhile.
    share, per_s = await asyncio.to_thread(watched, admin, process)
    held_bytes = resident_bytes(process)
    lost = sum(client.is_lost for client in clients)
    for client in clients:
        client.close()
    return share, per_s, held_bytes, lost


def watched(admin: psycopg.Connection, process: int) -> tuple[float, float]:
    """The share of a core, and transactions a second, over a while."""
    began_s, busy_s, done = time.perf_counter(), core_seconds(process), _transactions(admin)
    time.sleep(WATCHED_S)
    took_s = time.perf_counter() - began_s
    return (core_seconds(process) - busy_s) / took_s, (_transactions(admin) - done) / took_s


def api_process() -> int:
    """The API process that this one has started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"processes.cli" in command:
            return int(folder.name)
    raise LookupError("no API process")


def _transactions(admin: psycopg.Connection) -> int:
    row = admin.execute(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database "
        "WHERE datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    main()
