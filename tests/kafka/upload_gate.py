"""An object store's door that takes the first half of a picture, says so, and waits."""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.faults.oracle import until

PNG_BEGINS: Final = b"\x89PNG"


class UploadGate:
    """In front of an application. Open until `hold` is called."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._opened: threading.Event | None = None
        self._passes = 0
        self.is_taking = threading.Event()
        """Half of a picture has come, and the rest is waited for."""

    def hold(self, *, after: int) -> None:
        """Let `after` uploads of pictures pass, and hold the next one, alone, in its middle."""
        with self._lock:
            self._opened, self._passes = threading.Event(), after
            self.is_taking.clear()

    def let_go(self) -> None:
        """Take everything again, what is held included. May be repeated."""
        with self._lock:
            if self._opened is not None:
                self._opened.set()
            self._opened = None

    def stops_this_one(self) -> threading.Event | None:
        """Asked once for each picture: what it has to wait for, if it has to."""
        with self._lock:
            if self._opened is None:
                return None
            self._passes -= 1
            return self._opened if self._passes == -1 else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            receive = _InHalves(self, receive)
        await self._app(scope, receive, send)


class _InHalves:
    """The body of one request."""

    def __init__(self, gate: UploadGate, receive: Receive) -> None:
        self._gate = gate
        self._receive = receive
        self._opened: threading.Event | None = None
        self._later: deque[Message] = deque()

    async def __call__(self) -> Message:
        if self._opened is not None:
            opened, self._opened = self._opened, None
            self._gate.is_taking.set()
            if await self._sender_leaves_before(opened):
                return {"type": "http.disconnect"}
        if self._later:
            return self._later.popleft()
        message = await self._receive()
        body = message.get("body", b"")
        if PNG_BEGINS in body:
            self._opened = self._gate.stops_this_one()
        if self._opened is None:
            return message
        middle = (body.index(PNG_BEGINS) + len(body)) // 2
        self._later.append({**message, "body": body[middle:]})
        return {**message, "body": body[:middle], "more_body": True}

    async def _sender_leaves_before(self, opened: threading.Event) -> bool:
        opening = asyncio.ensure_future(asyncio.to_thread(opened.wait))
        while not opening.done():
            coming = asyncio.ensure_future(self._receive())
            await asyncio.wait({opening, coming}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
            elif coming.result()["type"] == "http.disconnect":
                return True
            else:
                self._later.append(coming.result())
        return False


@contextmanager
def served(app: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """The application answers on a socket inside the block."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="objects")
    thread.start()
    until(lambda: server.started, "the object store answers")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
