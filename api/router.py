"""GraphQL over HTTP, SSE and WebSocket, as its specifications have it."""

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from fastapi import Request, Response
from graphql import GraphQLError
from graphql.error import GraphQLSyntaxError
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport, SSETransport
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    SubscribeMessage,
)

from api.documents import TrustedDocuments, UnknownDocument
from api.limits import BODY_SIZE_MAX_BYTES

GRAPHQL_PATH = "/graphql"
RESPONSE_TYPE = "application/graphql-response+json"
HEARTBEAT_S = 5.0
"""The server learns that a client has left when it next sends: a feed outlives it by this."""

CONNECTION_INIT_WAIT = timedelta(seconds=8)

# The library builds the response without the request at hand.
_wanted_type: ContextVar[str] = ContextVar("wanted_type", default="application/json")


class ResumableSse(SSETransport):
    """SSE whose events carry the position as their id, so that `Last-Event-ID` resumes."""

    def __init__(self) -> None:
        super().__init__(heartbeat_interval=HEARTBEAT_S)

    def encode_next(
        self, response: GraphQLHTTPResponse, encode_json: Callable[[object], str]
    ) -> str:
        """One event, with `id:` where the answer's root field states a position."""
        event = super().encode_next(response, encode_json)
        event_id = _event_id(response)
        return event if event_id is None else f"id: {event_id}\r\n{event}"


def _event_id(response: Mapping[str, Any]) -> str | None:
    """What to resume after; empty after `Lagged`, for a browser would lag for ever otherwise."""
    for value in (response.get("data") or {}).values():
        if isinstance(value, dict) and value.get("position") is not None:
            return "" if value.get("__typename") == "Lagged" else str(value["position"])
    return None


class StudioSocket(BaseGraphQLTransportWSHandler[Any, Any]):
    """graphql-transport-ws, mended in two places and taught trusted documents."""

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Accept `payload: null`, which the protocol allows."""
        if message.get("payload", {}) is None:
            message = {"type": "connection_init"}
        await super().handle_connection_init(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Resolve a document id; an id nobody knows fails this operation, not the socket."""
        given: object = message["payload"]
        if not isinstance(given, dict) or not isinstance(given.get("query") or "", str):
            await self.handle_invalid_message("Failed to parse message")
            return
        payload: dict[str, Any] = dict(given)
        if len(payload.get("query") or "") > BODY_SIZE_MAX_BYTES:
            await self._fail(message["id"], "The document is too large.")
            return
        if payload.get("query") is None and "documentId" in payload:
            try:
                payload["query"] = _router_of(self.view).documents.text(payload["documentId"])
            except UnknownDocument:
                await self._fail(message["id"], "Unknown document id.")
                return
        await super().handle_subscribe({**message, "payload": payload})  # type: ignore[typeddict-item]

    async def _fail(self, operation_id: str, reason: str) -> None:
        await self.websocket.send_json(
            {"id": operation_id, "type": "error", "payload": [{"message": reason}]}
        )

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        # A syntax error in one subscription must not end its siblings on the same socket.
        if isinstance(error, GraphQLSyntaxError):
            return None
        return BaseGraphQLTransportWSHandler._get_pre_execution_close_reason(error)


class StudioRouter(GraphQLRouter[Any, Any]):
    """Strawberry's router with POST-only queries, resumable SSE, trusted documents and our limits.

    Where the specification's draft (422) and its audit (400) disagree, a document that cannot be
    executed is answered 400.
    """

    allow_queries_via_get = False
    graphql_transport_ws_handler_class = StudioSocket
    stream_transport_classes_by_protocol: Mapping[str, type[HTTPStreamTransport]] = {
        GRAPHQL_SSE_PROTOCOL: ResumableSse
    }

    def __init__(
        self,
        schema: BaseSchema,
        documents: TrustedDocuments,
        context_getter: Callable[..., Any],
    ) -> None:
        super().__init__(
            schema,
            path=GRAPHQL_PATH,
            graphql_ide=None,
            allow_queries_via_get=False,
            context_getter=context_getter,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=CONNECTION_INIT_WAIT,
        )
        self.documents = documents

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData | list[GraphQLRequestData]:
        """Read as the library does, and resolve a document id."""
        _wanted_type.set(accepted_type(request.headers.get("accept", "")))
        data = await super().parse_http_body(request)
        if isinstance(data, list):
            raise HTTPException(400, "Batching is not supported.")
        if data.query is None:
            data.query = self._trusted_text(await self._document_id(request))
        return data

    async def _document_id(self, request: AsyncHTTPRequestAdapter) -> object:
        if request.method == "POST":
            return self.parse_json(await request.get_body()).get("documentId")
        return request.query_params.get("documentId")

    def _trusted_text(self, document_id: object) -> str | None:
        if document_id is None:
            return None
        try:
            return self.documents.text(document_id)
        except UnknownDocument:
            raise HTTPException(400, "Unknown document id.") from None

    def parse_json(self, data: str | bytes) -> Any:
        """A JSON object. Anything else is a bad request."""
        try:
            parsed = super().parse_json(data)
        except (UnicodeDecodeError, RecursionError):
            raise HTTPException(400, "Unable to parse request body as JSON") from None
        if not isinstance(parsed, dict):
            raise HTTPException(400, "The request body must be a JSON object.")
        return parsed

    async def process_result(self, request: Request, result: Any) -> GraphQLHTTPResponse:
        """Leave `data` out where nothing was executed, as the specification asks."""
        response = await super().process_result(request, result)
        if response.get("errors") and response.get("data") is None and not _executed(result):
            response.pop("data", None)
        return response

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        """Answer with the media type that the request asked for, and 400 for bad documents."""
        response = super().create_response(response_data, sub_response)
        refused = isinstance(response_data, dict) and "data" not in response_data
        wanted = _wanted_type.get()
        if wanted == RESPONSE_TYPE and refused:
            response.status_code = 400
        response.headers["content-type"] = f"{wanted}; charset=utf-8"
        return response

    def encode_json(self, data: object) -> str:
        """Text, never bytes: bytes would become binary frames on a socket."""
        return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def _router_of(view: Any) -> StudioRouter:
    assert isinstance(view, StudioRouter)
    return view


def _executed(result: Any) -> bool:
    """Whether execution began: an error with a path happened inside it."""
    return any(error.path for error in result.errors or ())


def accepted_type(accept: str) -> str:
    """Which of the two response types a client wants. Without a word for either, the older one."""
    wanted = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    for media_type in wanted:
        if media_type in (RESPONSE_TYPE, "application/json"):
            return media_type
    return "application/json"
