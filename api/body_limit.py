"""A limit on the body of a request, kept while it arrives: nothing larger is ever in memory."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Answers 413 on `path` to a body beyond `size_max_bytes`. Plain ASGI: streams pass."""

    def __init__(self, app: ASGIApp, path: str, size_max_bytes: int) -> None:
        self._app = app
        self._path = path
        self._size_max_bytes = size_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != self._path:
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        size_bytes = 0
        while not messages or messages[-1].get("more_body"):
            message = await receive()
            messages.append(message)
            size_bytes += len(message.get("body", b""))
            if size_bytes > self._size_max_bytes:
                await _refuse(send)
                return
        arrived = iter(messages)

        async def receive_again() -> Message:
            message = next(arrived, None)
            # Whoever streams an answer waits here for the client to leave.
            return await receive() if message is None else message

        await self._app(scope, receive_again, send)


async def _refuse(send: Send) -> None:
    # The rest of the body is not read, so the connection cannot be used again.
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    body = b'{"errors":[{"message":"The body is too large.","extensions":{"limit":"body"}}]}'
    await send({"type": "http.response.body", "body": body})
