"""What a presigned form or URL reaches: one POST and one GET, answering as S3 does.

A GET answers one range, and 304 to whoever has the very bytes: their digest is the ETag.

Mounted by a process at the presigner's `public_url`. It knows no session and no cookie: the
signature is the whole of the permission.
"""

from collections.abc import AsyncIterator, Mapping

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from adapters.objects.keys import disposition
from adapters.objects.presigned import AccessRefused, DownloadPermit, UploadPolicy
from adapters.objects.reception import PresignedStore, Reception
from adapters.objects.upload_form import FORM_OVERHEAD_BYTES_MAX, UploadFormReader
from commands.ports.object_store import ObjectAbsent, ObjectFacts, SpanAbsent, StoreFull
from commands.ports.requested_span import requested_span

DRAINED_BYTES_MAX = 1024 * 1024
"""Read past a refusal, so that an ordinary client hears the answer instead of a broken pipe."""
_SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
}


def object_app(store: PresignedStore) -> Starlette:
    """The application that serves `store`'s presigned forms and URLs."""

    async def upload(request: Request) -> Response:
        body = request.stream()
        try:
            facts = await _receive(store, request, body)
        except AccessRefused as refused:
            await _drain(body)
            return _refusal(refused.status, refused.code)
        except StoreFull:
            await _drain(body)
            return _refusal(507, "StoreFull")
        except ClientDisconnect:
            return _refusal(400, "RequestTimeout")
        return Response(status_code=204, headers={"ETag": f'"{facts.sha256_hex}"'})

    async def download(request: Request) -> Response:
        key = request.path_params["key"]
        try:
            permit = store.presigner.admit_download(key, request.query_params)
            return await run_in_threadpool(_answer, store, permit, request.headers)
        except AccessRefused as refused:
            return _refusal(refused.status, refused.code)
        except ObjectAbsent:
            return _refusal(404, "NoSuchKey")
        except SpanAbsent as absent:
            refusal = _refusal(416, "InvalidRange")
            refusal.headers["Content-Range"] = f"bytes */{absent.size_bytes}"
            return refusal

    return Starlette(
        routes=[
            Route("/", upload, methods=["POST"]),
            Route("/{key:path}", download, methods=["GET"]),
        ]
    )


def _answer(store: PresignedStore, permit: DownloadPermit, asked: Mapping[str, str]) -> Response:
    """What to send of one object. Raises `ObjectAbsent`, `SpanAbsent`."""
    while True:
        facts = store.head(permit.key)
        if facts is None:
            raise ObjectAbsent
        headers = {
            **_SAFE_HEADERS,
            "Content-Disposition": disposition(permit.file_name),
            "Accept-Ranges": "bytes",
            "ETag": f'"{facts.sha256_hex}"',
        }
        if _has_it(asked.get("if-none-match", ""), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        # Half of what stood there before and half of what stands there now is nothing.
        is_same = asked.get("if-range", headers["ETag"]) == headers["ETag"]
        span = requested_span(asked.get("range") if is_same else None, facts.size_bytes)
        first, last = span or (0, None)
        opened = store.open(permit.key, first_byte=first, last_byte=last)
        if opened.facts == facts:
            break
    length = facts.size_bytes if span is None else span[1] - span[0] + 1
    headers["Content-Length"] = str(length)
    if span is not None:
        headers["Content-Range"] = f"bytes {span[0]}-{span[1]}/{facts.size_bytes}"
    return StreamingResponse(
        opened.chunks,
        status_code=200 if span is None else 206,
        media_type=facts.media_type,
        headers=headers,
    )


def _has_it(if_none_match: str, etag: str) -> bool:
    named = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return etag in named or named == ["*"]


async def _receive(
    store: PresignedStore, request: Request, body: AsyncIterator[bytes]
) -> ObjectFacts:
    """Store the file of one form. Raises AccessRefused, `StoreFull`; then nothing was stored."""
    reader = UploadFormReader(request.headers.get("content-type"))
    reception: Reception | None = None
    try:
        async for chunk in body:
            file_chunks = reader.feed(chunk)
            if reception is None and reader.form.has_file:
                policy = store.presigner.admit_upload(reader.form.fields)
                _refuse_declared_length(request, policy)
                reception = await run_in_threadpool(Reception, store, policy)
            if reception is not None:
                for file_chunk in file_chunks:
                    await run_in_threadpool(reception.write, file_chunk)
        if reception is None or not reader.form.is_complete:
            raise AccessRefused(400, "IncompleteBody")
        return await run_in_threadpool(reception.finish)
    finally:
        if reception is not None:
            await run_in_threadpool(reception.discard)


def _refuse_declared_length(request: Request, policy: UploadPolicy) -> None:
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit():
        raise AccessRefused(400, "InvalidRequest")
    if int(declared) > policy.size_bytes_max + FORM_OVERHEAD_BYTES_MAX:
        raise AccessRefused(400, "EntityTooLarge")


async def _drain(body: AsyncIterator[bytes]) -> None:
    drained = 0
    try:
        async for chunk in body:
            drained += len(chunk)
            if drained > DRAINED_BYTES_MAX:
                return
    except ClientDisconnect:
        return


def _refusal(status: int, code: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'
    return Response(body, status_code=status, media_type="application/xml", headers=_SAFE_HEADERS)
