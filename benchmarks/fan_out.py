"""How soon the last of 500 subscribers has a change of theirs, over stock Strawberry.

Twenty people have 25 windows each, and one commit changes what all of them see.

Stock is `benchmarks.stock_feed`, as `pip install 'uvicorn[standard]'` runs it, with a superuser's
connections, which no row policy slows down. Both are asked in turns, one process each.

    python -m benchmarks.fan_out
"""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from uuid import UUID

import psycopg

from benchmarks import stock_feed
from benchmarks.feed_clients import FeedClient, subscribed
from benchmarks.feed_people import change, people
from benchmarks.measure import quantile, report
from benchmarks.served_api import prepared_studio, serving
from benchmarks.stock_graphql import DATABASE

PEOPLE = 20
WINDOWS = 25
ROUNDS = 15
BETWEEN_S = 0.3
DOCUMENT = (
    "subscription { wallet { __typename "
    "... on WalletSnapshot { position wallet { available reserved } } "
    "... on WalletChanged { position wallet { available reserved } } } }"
)


def main() -> None:
    """Subscribe on both sides, change, wait for the last, print."""
    with prepared_studio() as studio, ExitStack() as stack:
        ours = stack.enter_context(studio.api())
        stock = stack.enter_context(serving(_stock, {DATABASE: studio.admin_url}))
        asked = [people(studio.admin_url, PEOPLE, WINDOWS) for _ in range(2)]
        admin = stack.enter_context(psycopg.connect(studio.admin_url, autocommit=True))
        taken = asyncio.run(_taken(admin, (ours, asked[0]), (stock, asked[1])))
    ours_s, stock_s = (quantile(side, 0.5) for side in taken)
    report(
        "fan_out",
        "stock Strawberry + FastAPI on LISTEN/NOTIFY, each subscriber looks up session and row",
        subscribers=PEOPLE * WINDOWS,
        ours_ms=1e3 * ours_s,
        stock_ms=1e3 * stock_s,
        ratio=stock_s / ours_s,
    )


async def _taken(
    admin: psycopg.Connection,
    ours: tuple[int, Mapping[UUID, Sequence[str]]],
    stock: tuple[int, Mapping[UUID, Sequence[str]]],
) -> tuple[list[float], list[float]]:
    """Seconds of each round, on both sides. Each is a port, and tokens by person."""
    at_ours = await subscribed(ours[0], [*chain(*ours[1].values())], DOCUMENT)
    at_stock = await subscribed(stock[0], [*chain(*stock[1].values())], stock_feed.DOCUMENT)
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(1, ROUNDS + 1):
        for clients, owners, times in (
            (at_ours, [*ours[1]], taken[0]),
            (at_stock, [*stock[1]], taken[1]),
        ):
            await asyncio.sleep(BETWEEN_S)
            times.append(await _last_told(admin, clients, owners, number))
    return taken


async def _last_told(
    admin: psycopg.Connection, clients: Sequence[FeedClient], owners: Sequence[UUID], number: int
) -> float:
    """Seconds from the change's commit until everybody was told of it."""
    waiting = asyncio.gather(*(client.heard(1 + number) for client in clients))
    await asyncio.sleep(0)
    began_s = time.perf_counter()
    await asyncio.to_thread(change, admin, owners, number)
    await waiting
    return time.perf_counter() - began_s


def _stock(port: int) -> Sequence[str]:
    return (
        *(sys.executable, "-m", "uvicorn", "benchmarks.stock_feed:app", "--port", str(port)),
        *("--no-access-log", "--log-level", "warning"),
    )


if __name__ == "__main__":
    main()
