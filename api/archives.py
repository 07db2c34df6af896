"""Where ZIPs are downloaded, on the studio's own origin and by session: `/archives/{token}`.

An address is good until its ZIP was downloaded once, for a day at most, and for its owner alone.
To anybody else, and afterwards, it is one that never was.

What a ZIP holds is decided when its download begins: what is hidden, purged or withdrawn by then is
left out, and its manifest says so. The length is known from then on. Should something go while it
is sent, the connection breaks off: nothing takes the place of what is gone, and no client takes the
part for the whole. The address stays good, and the next download has a list of its own.
"""

import re
from collections.abc import Collection
from datetime import UTC
from uuid import UUID

import structlog
from anyio import CancelScope, CapacityLimiter, create_task_group
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from psycopg import Error
from starlette.types import Receive, Scope, Send

from api.archive_contents import contents
from api.archive_stream import ArchiveStream, ContentsChanged
from api.context import ContextGetter, token_digest
from api.parts import Parts
from api.refusals import NotSignedIn
from api.waiting import BUSY, RETRY_AFTER_S
from commands.ports.accounts import Session
from commands.ports.object_store import StoreUnavailable
from queries.gallery.gallery import assets_by_id, released_among
from queries.viewer import as_viewer

log = structlog.get_logger()

ARCHIVES_PATH = "/archives"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

_ALWAYS = {
    "Cache-Control": "no-store",
    "Vary": "Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def archive_address(token: str) -> str:
    """The relative address of one ZIP."""
    return f"{ARCHIVES_PATH}/{token}"


def archive_routes(parts: Parts, context_of: ContextGetter) -> APIRouter:
    """The route. 200: the ZIP. 404: no address of this viewer's. 503: to be asked for again."""
    routes = APIRouter()

    @routes.api_route(ARCHIVES_PATH + "/{token}", methods=["GET", "HEAD"])
    async def archive(request: Request, token: str) -> Response:
        if _TOKEN.fullmatch(token) is None:
            return _absent()
        limiter = parts.threads.archives
        try:
            session = await (await context_of(request)).session()
            begun = await run_sync(_begin, parts, session, token_digest(token), limiter=limiter)
        except NotSignedIn:
            return _absent()
        except BUSY as busy:
            log.warning("archive not begun", error=type(busy).__name__)
            headers = {**_ALWAYS, "Retry-After": str(RETRY_AFTER_S)}
            return Response(status_code=503, headers=headers)
        if begun is None:
            return _absent()
        headers = {
            **_ALWAYS,
            "Content-Length": str(begun.size_bytes),
            "Content-Disposition": f'attachment; filename="{_file_name(parts)}"',
            # It is another ZIP at another moment: there is no half of it to go on from.
            "Accept-Ranges": "none",
            # A proxy that took it all in at once would have it downloaded before anybody has it.
            "X-Accel-Buffering": "no",
        }
        if request.method == "HEAD":
            return Response(headers=headers, media_type="application/zip")
        return _Sent(parts, token_digest(token), begun, headers)

    return routes


def _begin(parts: Parts, session: Session, token_sha256: bytes) -> ArchiveStream | None:
    """What is sent from this moment on. None where the viewer has no such address."""
    now = parts.clock()
    asked = parts.archives.find(token_sha256, owner_id=session.person_id, at=now)
    if asked is None:
        return None
    with as_viewer(parts.connections, session.person_id, session.role) as view:
        found = assets_by_id(view, asked.asset_ids)

    def still_released(asset_ids: Collection[UUID]) -> Collection[UUID]:
        with as_viewer(parts.connections, session.person_id, session.role) as view:
            return released_among(view, tuple(asset_ids))

    packed = contents(asked.asset_ids, found, made_at=now)
    return ArchiveStream(parts.objects, packed, still_released, parts.monotonic_s)


class _Sent(Response):
    """Sends as it is taken: of a ZIP, whatever its size, a few pieces are in memory.

    Its files are let go when it ends, also where its viewer has gone. Only one that was sent to its
    last byte closes its address.
    """

    def __init__(
        self, parts: Parts, token_sha256: bytes, stream: ArchiveStream, headers: dict[str, str]
    ) -> None:
        super().__init__(headers=headers, media_type="application/zip")
        self._parts = parts
        self._token_sha256 = token_sha256
        self._pieces = stream.pieces()
        self._left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        limiter = self._parts.threads.archives
        try:
            async with create_task_group() as tasks:
                tasks.start_soon(self._watch, receive, tasks.cancel_scope)
                await self._send(send, limiter)
                tasks.cancel_scope.cancel()
        finally:
            with CancelScope(shield=True):
                await run_sync(self._pieces.close, limiter=limiter)

    async def _watch(self, receive: Receive, sending: CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._left = True
        sending.cancel()

    async def _send(self, send: Send, limiter: CapacityLimiter) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        try:
            while (piece := await run_sync(next, self._pieces, None, limiter=limiter)) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except (ContentsChanged, StoreUnavailable, Error, *BUSY) as failed:
            # Fewer bytes than were promised: the server closes the connection, and the client sees
            # that the ZIP is not whole.
            log.warning("archive broken off", error=type(failed).__name__)
            return
        if not self._left:
            archives = self._parts.archives
            await run_sync(archives.complete, self._token_sha256, limiter=limiter)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _file_name(parts: Parts) -> str:
    return f"ai-content-suite-{parts.clock().astimezone(UTC):%Y-%m-%d}.zip"


def _absent() -> Response:
    return Response("Not found", status_code=404, media_type="text/plain", headers=_ALWAYS)
