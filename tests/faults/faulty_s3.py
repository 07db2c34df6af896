"""Stands between everybody and an S3 server, and has the accidents that a test asks for.

Requests are passed on as they came, with the host that was signed, so the server knows no
difference.
"""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PIECE_BYTES = 1_024
SERVER_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Asked:
    """A request, as far as an accident may depend on it."""

    method: str
    path: str


@dataclass(frozen=True)
class Accident:
    """What happens to a request. Each of them alone; the first that is set."""

    status: int | None = None
    code: str = "SlowDown"
    breaks_off: bool = False
    """The answer ends in the middle of its body, as if all of it had been sent."""
    garbles: bool = False
    """A byte of the body is another one."""
    loses_answer: bool = False
    """The server has done what was asked, and nobody hears of it."""
    piece_every_s: float | None = None
    """The body comes in pieces of a kilobyte, and slowly."""


SLOW_DOWN = Accident(status=503)
NO_ROOM = Accident(status=507, code="InsufficientStorage")
Fault = Callable[[Asked], Accident | None]


class FaultyS3:
    """A server at `endpoint` in front of the one at `behind`. Safe to use from many threads."""

    def __init__(self, behind: str) -> None:
        self._behind = urlsplit(behind).netloc
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._happened: list[Asked] = []
        self.struck = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                outer.pass_on(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_OPTIONS = handle_one

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def endpoint(self) -> str:
        """Where to find it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def happened(self) -> list[Asked]:
        """What the accidents of the present fault have met so far."""
        with self._lock:
            return list(self._happened)

    @contextmanager
    def fault(self, fault: Fault) -> Iterator[None]:
        """Inside, whatever `fault` says of a request happens to it. One fault at a time."""
        with self._lock:
            self._fault, self._happened = fault, []
            self.struck.clear()
        try:
            yield
        finally:
            with self._lock:
                self._fault = None

    @contextmanager
    def running(self) -> Iterator["FaultyS3"]:
        """Serve inside the block."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """Serve one request."""
        body = _body_of(request)
        accident = self._accident(Asked(request.command, urlsplit(request.path).path))
        if accident.status is not None:
            self._refuse(request, accident.status, accident.code)
            return
        try:
            status, headers, data = self._answer_of(request, body)
        except OSError:
            # Nobody behind: as if nobody were here either.
            request.close_connection = True
            return
        if accident.loses_answer:
            request.close_connection = True
            return
        if accident.garbles and data:
            data = bytes([data[0] ^ 0xFF]) + data[1:]
        request.send_response_only(status)
        for name, value in headers:
            request.send_header(name, value)
        request.end_headers()
        if accident.breaks_off:
            request.wfile.write(data[: len(data) // 2])
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        _send(request, data, accident.piece_every_s)

    def _accident(self, asked: Asked) -> Accident:
        with self._lock:
            found = None if self._fault is None else self._fault(asked)
            if found is None:
                return Accident()
            self._happened.append(asked)
        self.struck.set()
        return found

    def _refuse(self, request: BaseHTTPRequestHandler, status: int, code: str) -> None:
        data = (
            b"" if request.command == "HEAD" else b"<Error><Code>%s</Code></Error>" % code.encode()
        )
        request.send_response_only(status)
        request.send_header("Content-Type", "application/xml")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _answer_of(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        server = http.client.HTTPConnection(self._behind, timeout=SERVER_TIMEOUT_S)
        try:
            server.putrequest(
                request.command, request.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                if name.lower() not in ("connection", "expect", "transfer-encoding"):
                    server.putheader(name, value)
            server.endheaders(body or None)
            answer = server.getresponse()
            data = answer.read()
            headers = [
                (name, value)
                for name, value in answer.getheaders()
                if name.lower() not in ("connection", "transfer-encoding", "keep-alive")
            ]
            return answer.status, headers, data
        finally:
            server.close()


def _body_of(request: BaseHTTPRequestHandler) -> bytes:
    length = int(request.headers.get("Content-Length", "0"))
    return request.rfile.read(length)


def _send(request: BaseHTTPRequestHandler, data: bytes, piece_every_s: float | None) -> None:
    if request.command == "HEAD":
        return
    if piece_every_s is None:
        request.wfile.write(data)
        return
    never = threading.Event()
    for at in range(0, len(data), PIECE_BYTES):
        request.wfile.write(data[at : at + PIECE_BYTES])
        request.wfile.flush()
        never.wait(piece_every_s)


def first(count: int, fault: Fault) -> Fault:
    """A fault that is over after so many accidents."""
    left = count

    def some(asked: Asked) -> Accident | None:
        nonlocal left
        found = fault(asked) if left else None
        left -= found is not None
        return found

    return some


def always(accident: Accident) -> Fault:
    """Whatever is asked."""
    return lambda asked: accident


def on(methods: str, accident: Accident, path: str = "") -> Fault:
    """Requests of these methods, on paths that hold `path`."""
    return lambda asked: (
        accident if asked.method in methods.split() and path in asked.path else None
    )
