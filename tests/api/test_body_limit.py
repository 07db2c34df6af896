"""What the limit on bodies reads, keeps and answers, message by message."""

import asyncio
import json
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from api import body_limit
from api.body_limit import BodyLimit

PATH = "/limited"
LIMIT = 100


class Exchange:
    """One request through the middleware: what was read of it, what the application got of it."""

    def __init__(self, chunks: Iterator[Message]) -> None:
        self._chunks = chunks
        self.read_bytes = 0
        self.application_got: bytes | None = None
        self.sent: list[Message] = []

    async def run(self, path: str = PATH) -> "Exchange":
        middleware = BodyLimit(self._application, size_max_bytes={PATH: LIMIT})
        await middleware({"type": "http", "path": path}, self._receive, self._send)
        return self

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.application_got, more = b"", True
        while more:
            message = await receive()
            self.application_got += message["body"]
            more = message["more_body"]

    async def _receive(self) -> Message:
        message = next(self._chunks, None)
        if message is None:
            # Nothing comes, and nobody leaves.
            await asyncio.Event().wait()
            raise AssertionError
        self.read_bytes += len(message.get("body", b""))
        return message

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


def chunk(size: int, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


async def test_a_body_at_the_limit_reaches_the_application_whole() -> None:
    exchange = await Exchange(iter([chunk(60, more=True), chunk(40, more=False)])).run()
    assert exchange.application_got == b"x" * LIMIT
    assert exchange.sent == []


async def test_a_larger_body_is_read_to_its_end_and_refused_on_an_open_connection() -> None:
    chunks = [chunk(60, more=True), chunk(60, more=True), chunk(500, more=False)]
    exchange = await Exchange(iter(chunks)).run()
    assert exchange.application_got is None
    assert exchange.read_bytes == 620
    assert exchange.sent[0]["status"] == 413
    assert b"connection" not in exchange.headers
    assert exchange.headers[b"content-length"] == str(len(exchange.sent[1]["body"])).encode()


async def test_an_endless_body_is_not_read_to_its_end() -> None:
    exchange = await Exchange(repeat(chunk(90, more=True))).run()
    assert exchange.application_got is None
    assert LIMIT < exchange.read_bytes < LIMIT * 70
    assert exchange.sent[0]["status"] == 413
    assert exchange.headers[b"connection"] == b"close"


async def test_a_body_that_does_not_end_is_waited_for_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_limit, "BODY_WAIT_S", 0.01)
    exchange = await Exchange(iter([chunk(60, more=True)])).run()
    assert exchange.application_got is None
    assert exchange.sent[0]["status"] == 408
    assert exchange.headers[b"connection"] == b"close"
    assert json.loads(exchange.sent[1]["body"])["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("size", [60, LIMIT + 1])
async def test_whoever_leaves_in_the_middle_of_a_body_has_asked_nothing(size: int) -> None:
    left = {"type": "http.disconnect"}
    exchange = await Exchange(iter([chunk(size, more=True), left])).run()
    assert exchange.application_got is None


async def test_another_path_has_no_limit() -> None:
    exchange = await Exchange(iter([chunk(LIMIT * 9, more=False)])).run("/elsewhere")
    assert exchange.application_got == b"x" * LIMIT * 9
