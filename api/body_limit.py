"""A limit on the body of a request, kept while it arrives: nothing larger is ever in memory, and
nothing is waited for that does not end.
"""

import asyncio
import json
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.error_codes import ErrorCode, RequestRefused

# A server that answers and closes while the client still sends resets the connection, and with it
# goes the answer. So this much more than the limit is read and thrown away first.
_DISCARDED_MAX_LIMITS = 64

_TOO_LARGE = RequestRefused(
    ErrorCode.LIMIT_EXCEEDED, "The body is too large.", status=413, limit="body"
)

BODY_WAIT_S = 30.0
"""From the end of a head to the end of its body: the slowest of lines has sent 64 KiB by then."""


class BodyLimit:
    """Answers 413 to a body beyond what `size_max_bytes` has for its path, 408 to one that takes
    longer than BODY_WAIT_S, and nothing to a client that leaves in the middle of it. Streams pass.
    """

    def __init__(self, app: ASGIApp, size_max_bytes: Mapping[str, int]) -> None:
        self._app = app
        self._size_max_bytes = size_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path = scope["path"].rstrip("/") if scope["type"] == "http" else None
        size_max_bytes = self._size_max_bytes.get(path) if path else None
        if size_max_bytes is None:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_WAIT_S):
                messages, more_body = await _read(receive, size_max_bytes)
        except TimeoutError:
            slow = RequestRefused(ErrorCode.BAD_REQUEST, "The body took too long.", status=408)
            await _refuse(send, slow, closes=True)
            return
        if not messages:
            await _refuse(send, _TOO_LARGE, closes=more_body)
            return
        if messages[-1]["type"] == "http.disconnect":
            # Nobody is left to be answered, and it is nobody's fault.
            return
        arrived = iter(messages)

        async def receive_again() -> Message:
            message = next(arrived, None)
            # Whoever streams an answer waits here for the client to leave.
            return await receive() if message is None else message

        await self._app(scope, receive_again, send)


async def _read(receive: Receive, size_max_bytes: int) -> tuple[list[Message], bool]:
    """The messages of a body, none if it is too large, and whether there is more of it."""
    messages: list[Message] = []
    size_bytes, more_body = 0, True
    while more_body and size_bytes <= size_max_bytes * _DISCARDED_MAX_LIMITS:
        message = await receive()
        size_bytes += len(message.get("body", b""))
        more_body = message.get("more_body", False)
        if size_bytes <= size_max_bytes:
            messages.append(message)
        else:
            messages.clear()
    return messages, more_body


async def _refuse(send: Send, refused: RequestRefused, *, closes: bool) -> None:
    body = json.dumps({"errors": [refused.formatted()]}, separators=(",", ":")).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if closes:
        # The rest of the body is not read, so the connection cannot be used again.
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
