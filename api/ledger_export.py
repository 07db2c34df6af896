"""The auditor's copy of the ledger, and the file that checks it: `/audit/ledger.jsonl`.

Byte for byte what `suite audit export` writes. It is read in pages as it is taken: whoever takes it
slowly holds neither a transaction nor a thread. How many rows it will have is said before the first
of them. For anybody else than an auditor there is nothing here; whose role ends meanwhile gets no
more of it, and what they have lacks its last line.
"""

from collections.abc import Generator

import structlog
from anyio import CancelScope, create_task_group
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from psycopg import Error
from starlette.types import Receive, Scope, Send

from api.context import ContextGetter, StudioContext
from api.parts import Parts
from api.refusals import NotSignedIn
from api.staff import require_role
from api.waiting import BUSY, RETRY_AFTER_S
from domain.kernel.refusal import Refusal
from domain.kernel.role import Role
from domain.refusals import NotFound

log = structlog.get_logger()

LEDGER_PATH = "/audit/ledger.jsonl"
VERIFIER_PATH = "/audit/verify.py"
ROWS_HEADER = "Ledger-Rows"

LOOK_AGAIN_S = 1.0
"""Whoever was no auditor any more this long ago is sent nothing."""

_ALWAYS = {"Cache-Control": "no-store", "Vary": "Authorization, Cookie"}


def ledger_routes(parts: Parts, context_of: ContextGetter) -> APIRouter:
    """The two routes. 200: the file. 404: no auditor. 503: to be asked for again."""
    routes = APIRouter()

    @routes.get(LEDGER_PATH)
    async def ledger_copy(request: Request) -> Response:
        context = await context_of(request)
        try:
            await require_role(context, Role.AUDITOR)
            copy = await run_sync(parts.ledger_log.copy, limiter=parts.threads.exports)
        except (NotFound, NotSignedIn):
            return _absent()
        except (Error, *BUSY) as busy:
            log.warning("ledger not begun", error=type(busy).__name__)
            headers = {**_ALWAYS, "Retry-After": str(RETRY_AFTER_S)}
            return Response(status_code=503, headers=headers)
        headers = {
            **_ALWAYS,
            ROWS_HEADER: str(copy.rows),
            "Content-Disposition": 'attachment; filename="ledger.jsonl"',
            # A proxy that took it all in at once would have it before anybody sees it begin.
            "X-Accel-Buffering": "no",
        }
        return _Sent(parts, context, copy.pieces, headers)

    @routes.get(VERIFIER_PATH)
    async def verifier(request: Request) -> Response:
        try:
            await require_role(await context_of(request), Role.AUDITOR)
        except (NotFound, NotSignedIn):
            return _absent()
        return FileResponse(
            parts.ledger_log.verifier,
            media_type="text/x-python",
            filename="verify.py",
            headers=_ALWAYS,
        )

    return routes


class _Sent(Response):
    """Sends as it is taken, a piece in memory at a time, and ends its pieces whoever leaves."""

    def __init__(
        self,
        parts: Parts,
        context: StudioContext,
        pieces: Generator[bytes],
        headers: dict[str, str],
    ) -> None:
        super().__init__(headers=headers, media_type="application/x-ndjson")
        # Its length is not known: it is told by its last line.
        del self.headers["content-length"]
        self._parts = parts
        self._context = context
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            async with create_task_group() as tasks:
                tasks.start_soon(_watch, receive, tasks.cancel_scope)
                await self._send(send)
                tasks.cancel_scope.cancel()
        finally:
            with CancelScope(shield=True):
                await run_sync(self._pieces.close, limiter=self._parts.threads.exports)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        now_s, limiter = self._parts.monotonic_s, self._parts.threads.exports
        looked_at_s = now_s()
        try:
            while (piece := await run_sync(next, self._pieces, None, limiter=limiter)) is not None:
                if now_s() - looked_at_s >= LOOK_AGAIN_S:
                    session = await self._context.session_now()
                    if session.role is not Role.AUDITOR:
                        return
                    looked_at_s = now_s()
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except (Refusal, Error, *BUSY) as failed:
            # Without an end: the server closes the connection, and nobody takes it for whole.
            log.warning("ledger broken off", error=type(failed).__name__)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _watch(receive: Receive, sending: CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    sending.cancel()


def _absent() -> Response:
    return Response("Not found", status_code=404, media_type="text/plain", headers=_ALWAYS)
