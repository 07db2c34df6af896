"""GraphQL over a WebSocket, by the protocol graphql-transport-ws, for clients we did not write.

Whatever a frame holds, the socket ends with a code of the protocol or one operation ends with an
error of its own; nothing that a client sends ends a task with an exception.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from api.asked_operation import AskedOperation
from api.caps import NoPlaceLeft
from api.error_codes import RequestRefused
from api.faults import frames_of
from api.json_text import BeyondLimit, NotJson, read_json
from api.sign_in_limit import network_of

log = structlog.get_logger()

OPERATION_ID_MAX_BYTES = 64
"""Clients send a UUID or a number. A close frame's reason, which names it, has 123 bytes."""

INVALID_MESSAGE = 4400
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013


class StudioSocketAdapter(ASGIWebSocketAdapter):
    """Reads frames through our guard, and may be told to close more than once."""

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        """The value of each frame. What is no JSON is left to the handler."""
        try:
            while self._is_open:
                yield read_json(await self.ws.receive_text())
                # Frames that lie ready are read without a wait: a hundred would be one turn of the
                # loop, and all other sockets have to have theirs between.
                await asyncio.sleep(0)
        except (NotJson, BeyondLimit):
            raise NonJsonMessageReceived() from None
        except KeyError:
            raise NonTextMessageReceived() from None
        except WebSocketDisconnect:
            pass

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send one message. Raises `WebSocketDisconnected` where nobody is left to read it."""
        if not self._is_open:
            raise WebSocketDisconnected()
        try:
            await super().send_json(message)
        except RuntimeError:
            # Closed while this message waited for its turn.
            raise WebSocketDisconnected() from None

    async def close(self, code: int, reason: str) -> None:
        """Close with a code of the protocol. May be repeated."""
        if self._is_open:
            try:
                await super().close(code, reason)
            except (RuntimeError, WebSocketDisconnect):
                # The client was quicker.
                return

    @property
    def _is_open(self) -> bool:
        return (
            self.ws.application_state is WebSocketState.CONNECTED
            and self.ws.client_state is WebSocketState.CONNECTED
        )


class StudioSocket(BaseGraphQLTransportWSHandler[Any, Any]):
    """graphql-transport-ws with trusted documents, typed errors, and 1012 from a server that stops.

    A socket too many is closed with 1013, an operation too many is refused alone.

    Its view is the router, which knows the documents.
    """

    async def handle(self) -> None:
        """Serve until one side closes."""
        loop = asyncio.get_running_loop()

        def restart() -> None:
            loop.call_soon_threadsafe(lambda: closing.append(loop.create_task(self._restart())))

        closing: list[asyncio.Task[None]] = []
        parts = self.context.parts
        try:
            place = parts.sockets.take(
                network_of(self.context.address), parts.caps.sockets_of_address
            )
        except NoPlaceLeft:
            await self._no_place()
            return
        self.context.place = place
        try:
            with parts.feed.told_of_close(restart):
                await super().handle()
        finally:
            place.give_back()

    async def _no_place(self) -> None:
        self.context.parts.refused("TOO_MANY_SOCKETS")
        await self.websocket.close(TRY_AGAIN_LATER, "Too many sockets")

    async def _restart(self) -> None:
        await self.websocket.close(SERVICE_RESTART, "Service restart")

    async def handle_message(self, message: Message) -> None:
        """Answer one frame. What is no message of the protocol closes the socket with 4400."""
        match cast(object, message):
            case {"type": "connection_init"}:
                await self.handle_connection_init(cast(ConnectionInitMessage, message))
            case {"type": "ping"}:
                await self.send_message({"type": "pong"})
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(operation), "payload": dict()} if _is_id(
                operation
            ):
                await self.handle_subscribe(cast(SubscribeMessage, message))
            case {"type": "complete", "id": str(operation)}:
                await self.cleanup_operation(operation)
            case _:
                await self.handle_invalid_message("Invalid message")

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Accept `payload: null`, which the protocol allows."""
        if message.get("payload", {}) is None:
            message = {"type": "connection_init"}
        try:
            await super().handle_connection_init(message)
        except NoPlaceLeft:
            await self._no_place()
        if self.connection_init_timeout_task is not None and self.connection_acknowledged:
            # Cancelled: what it still holds would be kept as long as the socket.
            self.connection_init_timeout_task = None

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation; what cannot be begun ends alone, not with all others."""
        if self.connection_acknowledged:
            try:
                self._check_room(message["id"])
                asked = self.read_operation(cast(dict[str, Any], message["payload"]))
            except RequestRefused as refused:
                await self._refuse(message["id"], refused)
                return
            payload = {
                "query": asked.query,
                "variables": asked.variables,
                "operationName": asked.operation_name,
            }
            message = cast(SubscribeMessage, {**message, "payload": payload})
        await super().handle_subscribe(message)

    def read_operation(self, payload: dict[str, Any]) -> AskedOperation:
        """What a `subscribe` asks for. Raises `RequestRefused`."""
        return cast(AskedOperation, self.view.asked(payload))  # type: ignore[attr-defined]

    def _check_room(self, operation_id: str) -> None:
        most = self.context.parts.caps.operations_of_socket
        if operation_id not in self.operations and len(self.operations) >= most:
            raise RequestRefused.beyond(
                BeyondLimit("operations", f"At most {most} operations at once on a socket.")
            )

    async def _refuse(self, operation_id: str, refused: RequestRefused) -> None:
        await self.websocket.send_json(
            {"id": operation_id, "type": "error", "payload": [refused.formatted()]}
        )

    async def send_message(self, message: Message) -> None:
        """Send, except what would tell a client not to come back to a server that stops."""
        if message["type"] == "complete" and self.context.parts.feed.is_closed:
            return
        await super().send_message(message)

    def forget_id(self, id: str) -> None:
        """Make an id free again. It is already, where the client completed in the same moment."""
        self.operations.pop(id, None)

    async def handle_task_exception(self, error: Exception) -> None:
        """Log where an operation failed, never what it said. A client that left is no fault."""
        if not isinstance(error, WebSocketDisconnected):
            log.error("operation failed", error=type(error).__name__, at=frames_of(error))

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        # The library closes the socket, and every other operation on it, for some of them.
        return None


def _is_id(operation: str) -> bool:
    return 0 < len(operation.encode(errors="replace")) <= OPERATION_ID_MAX_BYTES and (
        operation.isprintable()
    )
