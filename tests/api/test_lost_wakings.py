"""A waking can be lost with the listening connection only: nobody misses what it was about."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from adapters.postgres.connect import connect
from adapters.postgres.embedded import EmbeddedPostgres
from api.feed import FeedHub, Waker
from api.feed_pulse import FeedPulse
from queries.read_position import FEED_CHANNEL
from tests.api.creator import Creator
from tests.api.deaf_line import deaf_line
from tests.api.live_studio import hub_at_work, live_studio
from tests.api.streams import sse

ADA = UUID(int=1)
WOKEN_WAIT_S = 20.0
NEVER_S = 3_600.0
"""No look of its own helps a subscriber who is not woken."""

WALLET = """
subscription { wallet { __typename
  ... on WalletSnapshot { position wallet { reserved } }
  ... on WalletChanged { position wallet { reserved } } } }
"""


def quick() -> FeedPulse:
    """A pulse that takes no seconds."""
    return FeedPulse(pulse_s=0.05, silence_max_s=0.5)


async def woken(waker: Waker) -> None:
    """Until it is. Raises `TimeoutError`."""
    async with asyncio.timeout(WOKEN_WAIT_S):
        await waker.wait(NEVER_S)


def followed(url: str, then: Callable[[Waker], Awaitable[None]]) -> None:
    """A subscriber of Ada's, who has been woken as the hub began to listen; and what follows."""
    hub = FeedHub(lambda: connect(url, "reader", application="hub under test"), quick())

    async def follow() -> None:
        with hub.joined(ADA) as waker, hub_at_work(hub):
            await woken(waker)
            await then(waker)

    asyncio.run(follow())


@contextmanager
def sender(admin_database: str) -> Iterator[psycopg.Connection]:
    """A connection that is open before anything happens."""
    with psycopg.connect(admin_database, autocommit=True) as connection:
        yield connection


def say(connection: psycopg.Connection) -> None:
    """Ada's rows have changed."""
    connection.execute("SELECT pg_notify(%s, %s)", (FEED_CHANNEL, ADA.hex))


def listener(connection: psycopg.Connection) -> int:
    """The process of the server that serves the hub."""
    row = connection.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'hub under test:reader' "
        "AND datname = current_database() ORDER BY backend_start DESC LIMIT 1"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_pulse_wakes_nobody_and_a_change_does(database: str, admin_database: str) -> None:
    async def then(waker: Waker) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await waker.wait(NEVER_S)
        say(admin)
        await woken(waker)

    with sender(admin_database) as admin:
        followed(database, then)


def test_a_change_that_a_deaf_line_swallows_is_told_after_it(
    database: str, admin_database: str
) -> None:
    async def then(waker: Waker) -> None:
        for _ in range(2):
            line.swallow()
            say(admin)
            await woken(waker)
        say(admin)
        await woken(waker)

    with sender(admin_database) as admin, deaf_line(database) as (line, url):
        followed(url, then)


def test_a_change_while_the_listening_backend_is_killed_is_told_after_it(
    database: str, admin_database: str
) -> None:
    async def then(waker: Waker) -> None:
        admin.execute("SELECT pg_terminate_backend(%s)", [listener(admin)])
        say(admin)
        await woken(waker)

    with sender(admin_database) as admin:
        followed(database, then)


def test_a_change_while_the_listening_backend_stands_still_is_told_on_another(
    database: str, admin_database: str
) -> None:
    async def then(waker: Waker) -> None:
        standing = listener(admin)
        os.kill(standing, signal.SIGSTOP)
        try:
            say(admin)
            await woken(waker)
            assert listener(admin) != standing
        finally:
            os.kill(standing, signal.SIGCONT)

    with sender(admin_database) as admin:
        followed(database, then)


def test_a_change_before_a_server_stood_still_is_told_once_it_goes_on(
    postgres_server: EmbeddedPostgres, database: str, admin_database: str
) -> None:
    async def then(waker: Waker) -> None:
        pid_file = postgres_server.folder / "data" / "postmaster.pid"
        standing = (int(pid_file.read_text().split()[0]), listener(admin))
        for process in standing:
            os.kill(process, signal.SIGSTOP)
        try:
            say(admin)
        finally:
            for process in standing:
                os.kill(process, signal.SIGCONT)
        await woken(waker)

    with sender(admin_database) as admin:
        followed(database, then)


def test_a_subscriber_behind_a_deaf_line_misses_nothing_and_sees_nothing_twice(
    database: str, tmp_path: Path
) -> None:
    with (
        deaf_line(database) as (line, url),
        live_studio(database, tmp_path, listening_url=url, pulse=quick()) as live,
    ):
        ada = Creator(live, "Ada").verified().rich()
        live.settle()
        with sse(ada, WALLET) as feed:
            seen = [feed.value()]
            for _ in range(3):
                line.swallow()
                ada.images(count=1)
                live.settle()
                seen.append(feed.value())
            seen += [event.value for event in feed.rest()]
    positions = [int(event["position"]) for event in seen]
    assert positions == sorted(set(positions))
    reserved = [event["wallet"]["reserved"] for event in seen]
    assert reserved == sorted(set(reserved))
    assert len(reserved) == 4
