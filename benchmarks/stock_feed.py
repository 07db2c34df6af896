"""A wallet's subscription as one writes it with Strawberry, FastAPI and LISTEN/NOTIFY.

Each subscriber, once woken, looks up their session and then the row.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import strawberry
from fastapi import FastAPI
from psycopg import AsyncConnection
from strawberry.fastapi import GraphQLRouter

from benchmarks.stock_graphql import DATABASE, Query, person, pool

DOCUMENT = "subscription { wallet { __typename position wallet { available reserved } } }"
ROW = "SELECT position, available, reserved FROM views.balances WHERE owner_id = %s"

woken: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)


@strawberry.type
class Wallet:
    """Millicredits."""

    available: int
    reserved: int


@strawberry.type
class WalletChanged:
    """The wallet as of a position."""

    position: str
    wallet: Wallet


@strawberry.type
class Subscription:
    """One feed."""

    @strawberry.subscription
    async def wallet(self, info: strawberry.Info[Any, None]) -> AsyncGenerator[WalletChanged, None]:
        """The wallet now, and then whenever it has changed."""
        token = info.context["connection_params"]["token"]
        owner, event = await person(token), asyncio.Event()
        woken[owner].add(event)
        try:
            while True:
                yield await _wallet(await person(token))
                await event.wait()
                event.clear()
        finally:
            woken[owner].discard(event)


async def _wallet(owner: UUID) -> WalletChanged:
    async with pool.connection() as connection:
        found = await connection.execute(ROW, [owner], prepare=True)
        position, available, reserved = await found.fetchone() or (0, 0, 0)
    return WalletChanged(
        position=str(position), wallet=Wallet(available=available, reserved=reserved)
    )


async def _listen() -> None:
    async with await AsyncConnection.connect(os.environ[DATABASE], autocommit=True) as connection:
        await connection.execute("LISTEN feed")
        async for notice in connection.notifies():
            for owner in notice.payload.split(","):
                for event in woken.get(UUID(hex=owner), ()):
                    event.set()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The pool and the listener live as long as the server."""
    async with pool:
        listening = asyncio.create_task(_listen())
        yield
        listening.cancel()


app = FastAPI(lifespan=lifespan)
app.include_router(
    GraphQLRouter(strawberry.Schema(Query, subscription=Subscription), path="/graphql")
)
