"""A head that does not end is ended: by its size, and by its time. Bodies are none of it."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api import bounded_http
from api.bounded_http import HEAD_SIZE_MAX_BYTES, BoundedHttp

Line = socket.socket


@pytest.fixture
def line() -> Iterator[Line]:
    """A connection to a server that answers how many bytes it was sent."""

    async def count(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    app = Starlette(routes=[Route("/", count, methods=["POST"])])
    config = uvicorn.Config(app, http=BoundedHttp, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        try:
            with socket.create_connection(listening.getsockname(), timeout=10) as line:
                yield line
        finally:
            server.should_exit = True
            serving.join()


def head(size_bytes: int = 0, *, body_bytes: int = 0) -> bytes:
    """The head of a request, of at least so many bytes."""
    return (
        b"POST / HTTP/1.1\r\nhost: studio\r\n"
        + f"content-length: {body_bytes}\r\nx-more: {'m' * size_bytes}\r\n\r\n".encode()
    )


def answered(line: Line) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    while more := line.recv(65_536):
        found += more
    return found


def test_a_head_that_is_too_large_is_ended_before_it_ends(line: Line) -> None:
    line.sendall(head(2 * HEAD_SIZE_MAX_BYTES)[: HEAD_SIZE_MAX_BYTES + 1_000])
    assert answered(line).startswith(b"HTTP/1.1 431 ")


def test_a_head_that_comes_too_slowly_is_ended(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_http, "HEAD_WAIT_S", 0.2)
    line.sendall(head())
    assert line.recv(65_536).startswith(b"HTTP/1.1 200 ")
    line.sendall(head()[:20])
    assert answered(line).startswith(b"HTTP/1.1 408 ")


def test_large_bodies_and_many_requests_on_one_connection_are_no_large_head(line: Line) -> None:
    size_bytes = 10 * HEAD_SIZE_MAX_BYTES
    for _ in range(3):
        line.sendall(head(20_000, body_bytes=size_bytes) + b"b" * size_bytes)
        assert line.recv(65_536).endswith(str(size_bytes).encode())
    # Several at once, and a part of the next.
    line.sendall(4 * head(7_000) + head()[:10])
    found = b""
    while found.count(b"HTTP/1.1 200 ") < 4:
        found += line.recv(65_536)
