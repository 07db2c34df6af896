"""One address for whatever a page shows of the gallery, by session: `/media/{asset}/{role}`; and
`/media/source-photos/{photo}` for a photo that something is to begin with, and
`/media/packs/{pack}/{asset}/{preset}` for what was made to be published.

Whether a viewer may look is asked for every answer. What they may not see is, byte for byte, what
does not exist: whoever is not signed in, asks for somebody else's, or for what is hidden or purged.
"""

from collections.abc import AsyncIterator, Callable, Generator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from anyio import CancelScope, CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.context import ContextGetter
from api.media_address import (
    MEDIA_PATH,
    PACKS_PATH,
    SOURCE_PHOTOS_PATH,
    file_name,
    is_version_of,
)
from api.parts import Parts
from api.reading import read
from api.refusals import NotSignedIn
from api.waiting import BUSY, RETRY_AFTER_S
from commands.catalogue import DOWNLOADABLE, THUMBNAILS, PublishPreset, RenditionRole
from commands.ports.object_store import ObjectAbsent, OpenObject, SpanAbsent, StoreUnavailable
from commands.ports.requested_span import requested_span
from queries.gallery.media import MediaFile, media_file, source_photo_file
from queries.publish_packs.publish_packs import pack_file
from queries.viewer import View

log = structlog.get_logger()

DOWNLOAD_LIFETIME_S = 90
THUMBNAIL_KEPT_S = 3_600
"""A tile that was seen within the hour is shown without asking: what it shows was allowed then."""

_ALWAYS = {
    # Nobody but this viewer's own browser may keep it, and not for another viewer.
    "Vary": "Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    ),
}


@dataclass(frozen=True)
class _Asked:
    """One file, and how it is asked for."""

    asset_id: UUID
    role: RenditionRole
    is_download: bool
    called: str = ""
    """What its name begins with, where it is not called as the item."""


def media_routes(parts: Parts, context_of: ContextGetter) -> APIRouter:
    """The route. 200 and 206: the file, or a part of it. 304: as it was. 307: a download from the
    object store. 404: whatever cannot be seen. 416: beyond its end. 503: to be asked for again.
    """
    routes = APIRouter()

    @routes.api_route(PACKS_PATH + "/{pack}/{asset}/{preset}", methods=["GET", "HEAD"])
    async def packed(request: Request, pack: str, asset: str, preset: str) -> Response:
        asked = _asked(request, asset, RenditionRole.MASTER.value)
        try:
            pack_id, size = UUID(pack), PublishPreset(preset)
        except ValueError:
            return _absent()
        if asked is None or str(pack_id) != pack:
            return _absent()
        # To be kept by whoever downloads it, and by nobody on the way.
        asked = replace(asked, is_download=True, called=f"{size.value}-")
        return await _answered(
            request, asked, lambda view, asset_id: pack_file(view, pack_id, asset_id, size.value)
        )

    @routes.api_route(SOURCE_PHOTOS_PATH + "/{photo}", methods=["GET", "HEAD"])
    async def source(request: Request, photo: str) -> Response:
        asked = _asked(request, photo, RenditionRole.MASTER.value)
        if asked is None or asked.is_download:
            return _absent()
        return await _answered(request, asked, source_photo_file)

    @routes.api_route(MEDIA_PATH + "/{asset}/{rendition}", methods=["GET", "HEAD"])
    async def media(request: Request, asset: str, rendition: str) -> Response:
        asked = _asked(request, asset, rendition)
        if asked is None:
            return _absent()
        return await _answered(
            request, asked, lambda view, asset_id: media_file(view, asset_id, asked.role.value)
        )

    async def _answered(
        request: Request, asked: _Asked, find: Callable[[View, UUID], MediaFile | None]
    ) -> Response:
        try:
            file = await read(await context_of(request), lambda view: find(view, asked.asset_id))
            return _absent() if file is None else await _answer(parts, request, asked, file)
        except (NotSignedIn, ObjectAbsent):
            return _absent()
        except (StoreUnavailable, *BUSY) as busy:
            log.warning("media not served", error=type(busy).__name__)
            headers = {**_ALWAYS, "Cache-Control": "no-store", "Retry-After": str(RETRY_AFTER_S)}
            return Response(status_code=503, headers=headers)

    return routes


def _asked(request: Request, asset: str, rendition: str) -> _Asked | None:
    """None for an address that nothing can have."""
    try:
        asset_id, role = UUID(asset), RenditionRole(rendition)
    except ValueError:
        return None
    is_download = "download" in request.query_params
    # Another way to write an id would be another address of the same file.
    if str(asset_id) != asset or (is_download and role not in DOWNLOADABLE):
        return None
    return _Asked(asset_id, role, is_download)


async def _answer(parts: Parts, request: Request, asked: _Asked, file: MediaFile) -> Response:
    """Raises ObjectAbsent, StoreUnavailable."""
    if asked.is_download and parts.store_origin is not None:
        return await run_sync(_elsewhere, parts, asked, file)
    etag = f'"{file.sha256}"'
    headers = {
        **_ALWAYS,
        "Cache-Control": _cache_control(request, asked, file),
        "Content-Disposition": _disposition(asked, file),
        "Accept-Ranges": "bytes",
        "ETag": etag,
    }
    if _has_it(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    # Half of what stood there before and half of what stands there now is nothing.
    is_same = request.headers.get("if-range", etag) == etag
    try:
        span = requested_span(request.headers.get("range") if is_same else None, file.size_bytes)
    except SpanAbsent:
        headers["Content-Range"] = f"bytes */{file.size_bytes}"
        return Response(status_code=416, headers=headers)
    first, last = span or (0, file.size_bytes - 1)
    headers["Content-Length"] = str(last - first + 1)
    if span is not None:
        headers["Content-Range"] = f"bytes {first}-{last}/{file.size_bytes}"
    status = 200 if span is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=file.media_type)
    limiter = parts.threads.media
    opened = await run_sync(_opened, parts, file, first, last, limiter=limiter)
    return _Streamed(opened.chunks, limiter, status, headers, file.media_type)


def _opened(parts: Parts, file: MediaFile, first: int, last: int) -> OpenObject:
    """Raises ObjectAbsent, StoreUnavailable."""
    try:
        opened = parts.objects.open(file.object_key, first_byte=first, last_byte=last)
    except SpanAbsent:
        raise ObjectAbsent from None
    if opened.facts.size_bytes != file.size_bytes:
        # Not what was released, whatever it is.
        log.error("a released file has another size", stored=opened.facts.size_bytes)
        raise ObjectAbsent
    return opened


class _Streamed(StreamingResponse):
    """Reads as it is taken: of a file, whatever its size, a few chunks are in memory.

    Lets the file go when it ends, also where its viewer has gone: the store's connection is given
    back at once.
    """

    def __init__(
        self,
        chunks: Generator[bytes],
        limiter: CapacityLimiter,
        status: int,
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        super().__init__(self._body(), status_code=status, headers=headers, media_type=media_type)
        self._chunks = chunks
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await run_sync(self._chunks.close, limiter=self._limiter)

    async def _body(self) -> AsyncIterator[bytes]:
        while (
            chunk := await run_sync(next, self._chunks, None, limiter=self._limiter)
        ) is not None:
            yield chunk


def _elsewhere(parts: Parts, asked: _Asked, file: MediaFile) -> Response:
    """The file at the object store's own address, for as long as it takes to begin."""
    url = parts.objects.presign_download(
        file.object_key,
        expires_in_s=DOWNLOAD_LIFETIME_S,
        file_name=_name(asked, file),
    )
    headers = {**_ALWAYS, "Cache-Control": "no-store", "Location": url}
    return Response(status_code=307, headers=headers)


def _cache_control(request: Request, asked: _Asked, file: MediaFile) -> str:
    if asked.is_download:
        return "no-store"
    lasts = asked.role in THUMBNAILS and is_version_of(request.query_params.get("v"), file.sha256)
    return f"private, max-age={THUMBNAIL_KEPT_S}" if lasts else "private, no-cache"


def _disposition(asked: _Asked, file: MediaFile) -> str:
    return f'{"attachment" if asked.is_download else "inline"}; filename="{_name(asked, file)}"'


def _name(asked: _Asked, file: MediaFile) -> str:
    return asked.called + file_name(file.kind, asked.asset_id, asked.role, file.media_type)


def _has_it(if_none_match: str, etag: str) -> bool:
    named = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return etag in named or named == ["*"]


def _absent() -> Response:
    headers = {**_ALWAYS, "Cache-Control": "no-store"}
    return Response("Not found", status_code=404, media_type="text/plain", headers=headers)
