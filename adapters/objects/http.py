"""What a presigned form or URL reaches: one POST and one GET, answering as S3 does.

Mounted by a process at the presigner's `public_url`. It knows no session and no cookie: the
signature is the whole of the permission.
"""

from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.objects.presigned import AccessRefused, UploadPolicy
from adapters.objects.reception import PresignedStore, Reception
from adapters.objects.upload_form import FORM_OVERHEAD_BYTES_MAX, UploadFormReader
from commands.ports.object_store import ObjectAbsent, ObjectFacts, StoreFull

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
            facts = await run_in_threadpool(store.head, permit.key)
            data = await run_in_threadpool(store.get, permit.key)
        except AccessRefused as refused:
            return _refusal(refused.status, refused.code)
        except ObjectAbsent:
            return _refusal(404, "NoSuchKey")
        if facts is None:
            return _refusal(404, "NoSuchKey")
        headers = {**_SAFE_HEADERS, "Content-Disposition": _disposition(permit.file_name)}
        return Response(data, media_type=facts.media_type, headers=headers)

    return Starlette(
        routes=[
            Route("/", upload, methods=["POST"]),
            Route("/{key:path}", download, methods=["GET"]),
        ]
    )


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


def _disposition(file_name: str | None) -> str:
    if file_name is None:
        return "inline"
    return f"attachment; filename*=UTF-8''{quote(file_name, safe='')}"


def _refusal(status: int, code: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'
    return Response(body, status_code=status, media_type="application/xml", headers=_SAFE_HEADERS)
