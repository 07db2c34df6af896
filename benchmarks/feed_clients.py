"""Many subscribers over WebSockets, as light as can be: what is measured is the server."""

import asyncio
import json
import os
from collections.abc import Sequence
from functools import partial

FIN_TEXT = 0x81
PING = 0x89
PONG = 0x8A
NO_MASK = bytes(4)
OPEN_AT_ONCE_MAX = 50
TOLD_WAIT_S = 120.0


class FeedClient(asyncio.Protocol):
    """One socket with one subscription. Counts what it was told; answers pings."""

    def __init__(self, port: int, token: str, document: str) -> None:
        self._port = port
        self._token = token
        self._document = document
        self._buffer = b""
        self._is_open = False
        self._awaited = 0
        self._arrived: asyncio.Future[None] | None = None
        self.told = 0
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(
            b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n" % self._port
        )

    def data_received(self, data: bytes) -> None:
        """Take the handshake, then whole frames."""
        self._buffer += data
        if not self._is_open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, head
            self._is_open, self._buffer = True, rest
            self._say(type="connection_init", payload={"token": self._token})
            self._say(id="1", type="subscribe", payload={"query": self._document})
        while (end := _frame_end(self._buffer)) is not None:
            start, frame_end = end
            self._take(self._buffer[0], self._buffer[start:frame_end])
            self._buffer = self._buffer[frame_end:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it: an idle feed that ends is no idle feed."""
        self.is_lost = True

    async def heard(self, count: int) -> None:
        """Until `count` events have come in all."""
        if self.told < count:
            self._awaited = count
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived

    def close(self) -> None:
        """Leave."""
        self._transport.abort()

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._transport.write(bytes((PONG, 0x80 | len(payload))) + NO_MASK + payload)
        elif b'"next"' in payload:
            self.told += 1
            if self._arrived is not None and self.told >= self._awaited:
                self._arrived.set_result(None)
                self._arrived = None

    def _say(self, **message: object) -> None:
        payload = json.dumps(message).encode()
        size = len(payload)
        length = (
            bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 126,)) + size.to_bytes(2, "big")
        )
        self._transport.write(bytes((FIN_TEXT,)) + length + NO_MASK + payload)


def _frame_end(buffer: bytes) -> tuple[int, int] | None:
    """Where the payload of the first frame begins and ends, once all of it is here."""
    if len(buffer) < 2:
        return None
    size, start = buffer[1], 2
    if size == 126:
        size, start = int.from_bytes(buffer[2:4], "big"), 4
    return (start, start + size) if len(buffer) >= start + size else None


async def subscribed(port: int, tokens: Sequence[str], document: str) -> list[FeedClient]:
    """A subscriber for each token, all of whom have their first event."""
    loop = asyncio.get_running_loop()
    clients: list[FeedClient] = []
    async with asyncio.timeout(TOLD_WAIT_S):
        for start in range(0, len(tokens), OPEN_AT_ONCE_MAX):
            some = [
                FeedClient(port, token, document)
                for token in tokens[start : start + OPEN_AT_ONCE_MAX]
            ]
            for client in some:
                await loop.create_connection(partial(_itself, client), "127.0.0.1", port)
            for client in some:
                await client.heard(1)
            clients += some
    return clients


def _itself(client: FeedClient) -> FeedClient:
    return client


def resident_bytes(process: int) -> int:
    """What a process holds in memory."""
    with open(f"/proc/{process}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def core_seconds(process: int) -> float:
    """How long a process has kept cores busy, of itself and of the kernel for it."""
    with open(f"/proc/{process}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
