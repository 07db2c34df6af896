"""Strawberry and FastAPI as their own documentation has them: a session, and who it is.

The look-up is ours, by psycopg's asynchronous pool. `bare` answers the same bytes without GraphQL:
what is left then is the server, the look-up and nothing else.
"""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import strawberry
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.types import Receive, Scope, Send
from strawberry.fastapi import GraphQLRouter

DATABASE = "BENCH_VAULT_URL"
POOL_SIZE = 8
LOOK_UP = (
    "SELECT s.person_id, a.role, s.expires_at FROM vault.sessions s "
    "JOIN vault.accounts a USING (person_id) WHERE s.token_sha256 = %s AND s.expires_at > %s"
)


@strawberry.type
class Viewer:
    """Whoever is signed in."""

    id: strawberry.ID


@strawberry.type
class Query:
    """One question."""

    @strawberry.field
    async def viewer(self, info: strawberry.Info[Any, None]) -> Viewer:
        """Who asks."""
        return Viewer(id=strawberry.ID(str(await person(info.context["token"]))))


pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
    os.environ.get(DATABASE, ""),
    kwargs={"autocommit": True},
    min_size=POOL_SIZE,
    max_size=POOL_SIZE,
    open=False,
)


async def person(token: str) -> UUID:
    """Whose session it is. Raises LookupError."""
    digest = hashlib.sha256(token.encode()).digest()
    async with pool.connection() as connection:
        found = await connection.execute(LOOK_UP, [digest, datetime.now(UTC)], prepare=True)
        row = await found.fetchone()
    if row is None:
        raise LookupError
    person_id: UUID = row[0]
    return person_id


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The pool lives as long as the server."""
    async with pool:
        yield


async def context(request: Request) -> dict[str, str]:
    """What a resolver gets of a request."""
    return {"token": request.headers["authorization"].removeprefix("Bearer ")}


app = FastAPI(lifespan=lifespan)
app.include_router(
    GraphQLRouter(
        strawberry.Schema(Query), path="/graphql", context_getter=Depends(context).dependency
    )
)


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """The look-up and the answer, in plain ASGI."""
    if scope["type"] == "lifespan":
        await receive()
        await pool.open(wait=True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await pool.close()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        continue
    token = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
    if not token:
        await Response(status_code=401)(scope, receive, send)
        return
    answer = {"data": {"viewer": {"id": str(await person(token))}}}
    await JSONResponse(answer)(scope, receive, send)
