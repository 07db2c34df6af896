"""HTTP/1.1 by httptools, with heads that end: the parser alone would read one for ever.

Bodies have their limit in `body_limit`, and idle connections their time in the server.
"""

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SIZE_MAX_BYTES = 32 * 1024
"""Of a request's line and headers, as proxies have it."""

HEAD_WAIT_S = 20.0
"""From a connection's first moment, or a later request's first byte, to the end of its head."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout"


class BoundedHttp(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_size_bytes = 0
        self._is_in_head = False
        self._patience: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Somebody came: a head is waited for."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody left."""
        self._forget_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and end the connection if its head has become too large."""
        super().data_received(data)
        if self._is_in_head:
            self._head_size_bytes += len(data)
            if self._head_size_bytes > HEAD_SIZE_MAX_BYTES:
                self._end(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The parser has seen the first byte of a request."""
        super().on_message_begin()
        self._head_size_bytes = 0
        if not self._is_in_head:
            self._await_head()

    def on_headers_complete(self) -> None:
        """The parser has seen the end of a head."""
        self._forget_head()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._is_in_head = True
        self._patience = self.loop.call_later(HEAD_WAIT_S, self._end, _TOO_SLOW)

    def _forget_head(self) -> None:
        self._is_in_head = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _end(self, status_line: bytes) -> None:
        self._forget_head()
        if not self.transport.is_closing():
            self.transport.write(
                status_line + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
            self.transport.close()
