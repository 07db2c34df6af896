"""GraphQL over HTTP, SSE and WebSocket, as its specifications have it."""

import gzip
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import msgspec
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from fastapi import Request, Response
from starlette.responses import StreamingResponse
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET

from api.accept import JSON_TYPE, RESPONSE_TYPE, accepted, takes_gzip
from api.asked_operation import AskedOperation, asked_operation
from api.context import StudioContext
from api.documents import TrustedDocuments
from api.error_codes import ErrorCode, RequestRefused
from api.event_stream import ResumableSse, until_stopped
from api.json_text import BeyondLimit, NotJson, read_json
from api.parts import Parts
from api.refusals import NotSignedIn
from api.socket import StudioSocket, StudioSocketAdapter

GRAPHQL_PATH = "/graphql"
CONNECTION_INIT_WAIT = timedelta(seconds=8)
_IN_ONE_ANSWER = (OperationType.QUERY, OperationType.MUTATION)

# The library builds the response without the request at hand.
_wanted_type: ContextVar[str] = ContextVar("wanted_type", default=JSON_TYPE)
_takes_gzip: ContextVar[bool] = ContextVar("takes_gzip", default=False)

COMPRESSED_FROM_BYTES = 1_400
"""What fits into one packet gains nothing."""

COMPRESSION_LEVEL = 1
"""Ids and addresses shrink little more by trying harder, and every answer waits for it."""


class StudioRouter(GraphQLRouter[Any, Any]):
    """Strawberry's router with POST-only queries, resumable SSE, trusted documents and our limits.

    Where the specification's draft (422) and its audit (400) disagree, a document that cannot be
    executed is answered 400.
    """

    graphql_transport_ws_handler_class = StudioSocket
    websocket_adapter_class = StudioSocketAdapter
    stream_transport_classes_by_protocol: Mapping[str, type[HTTPStreamTransport]] = {
        GRAPHQL_SSE_PROTOCOL: ResumableSse
    }

    def __init__(
        self,
        schema: BaseSchema,
        documents: TrustedDocuments,
        context_getter: Callable[..., Any],
        parts: Parts,
    ) -> None:
        super().__init__(
            schema,
            path=GRAPHQL_PATH,
            graphql_ide=None,
            allow_queries_via_get=False,
            context_getter=context_getter,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=CONNECTION_INIT_WAIT,
            # Counted by our handler, whose answer has a code.
            max_subscriptions_per_connection=None,
            # Of sockets. Its pages are known by their token: the cookie is ours alone.
            allowed_origins=parts.cors_origins,
        )
        self._documents = documents
        self._feed = parts.feed
        self.add_api_route(GRAPHQL_PATH, _other_method, methods=["PUT", "PATCH", "DELETE"])

    def asked(self, given: Mapping[str, Any]) -> AskedOperation:
        """What a body, a query string or a frame asks for. Raises `RequestRefused`."""
        return asked_operation(given, self._documents)

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        """Answer one request, or serve one socket. Whatever is refused is refused in JSON."""
        try:
            return await super().run(request, context, root_value)
        except RequestRefused as refused:
            return _refusal(refused)
        except HTTPException as refused:
            return _refusal(
                RequestRefused(ErrorCode.BAD_REQUEST, refused.reason, status=refused.status_code)
            )

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Never: `/developers` says how to ask."""
        return False

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """The operation of a body, or of a query string. Raises `RequestRefused`."""
        _wanted_type.set(accepted(request.headers.get("accept")).json or JSON_TYPE)
        _takes_gzip.set(takes_gzip(request.headers.get("accept-encoding")))
        asked = self.asked(await _given(request))
        return GraphQLRequestData(
            query=asked.query,
            variables=asked.variables,
            operation_name=asked.operation_name,
            extensions=asked.extensions,
            protocol="http",
        )

    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: Any,
        context: Any,
        root_value: Any,
        sub_response: Response,
    ) -> Any:
        """One answer for a query or mutation, a stream for a subscription, where the client takes
        them; a client that prefers a stream gets one for everything. Raises `RequestRefused`.
        """
        takes = accepted(request_adapter.headers.get("accept"))
        posted = request_adapter.method == "POST"
        asked: dict[str, Any] = {
            "query": request_data.query,
            "variable_values": request_data.variables,
            "context_value": context,
            "root_value": root_value,
            "operation_name": request_data.operation_name,
            "operation_extensions": request_data.extensions,
        }
        try:
            # With no type allowed nothing is executed: the document's type, or what is wrong.
            allowed = _IN_ONE_ANSWER if posted and takes.json else ()
            result = await self.schema.execute(**asked, allowed_operation_types=allowed)
            if takes.json:
                return result
        except InvalidOperationTypeError as other:
            _check_method(other.operation_type, posted=posted)
            if not takes.stream:
                raise RequestRefused(
                    ErrorCode.SUBSCRIPTION_NOT_STREAMED,
                    "A subscription is answered as text/event-stream, or on a WebSocket.",
                    status=406,
                ) from None
        request_data.protocol = "sse"
        return await self.schema.stream(**asked)

    async def create_streaming_response(
        self,
        request: Request,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        """A stream that says when to come back, and ends without `complete` if the server does."""
        events = until_stopped(stream(), lambda: self._feed.is_closed)
        return StreamingResponse(events, headers={**sub_response.headers, **headers})

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
        """Answer with the media type that the request asked for, and 400 for bad documents.

        A long answer is compressed. Nobody can guess at it by what they have put into it: another
        site's page may not post here with our cookie.
        """
        response = super().create_response(response_data, sub_response)
        refused = isinstance(response_data, dict) and "data" not in response_data
        wanted = _wanted_type.get()
        if wanted == RESPONSE_TYPE and refused:
            response.status_code = 400
        response.headers["content-type"] = f"{wanted}; charset=utf-8"
        if _takes_gzip.get() and len(response.body) >= COMPRESSED_FROM_BYTES:
            response.body = gzip.compress(response.body, COMPRESSION_LEVEL)
            response.headers["content-encoding"] = "gzip"
            response.headers["content-length"] = str(len(response.body))
            response.headers["vary"] = "Accept-Encoding"
        return response

    def encode_json(self, data: object) -> str:
        """Text, never bytes: bytes would become binary frames on a socket."""
        return msgspec.json.encode(data).decode()

    async def on_ws_connect(self, context: StudioContext) -> Any:
        """Close with 4403 where the first message has a token of no open session.

        Without one the socket is anybody's: prices need no session. Raises `NoPlaceLeft`.
        """
        params = context.connection_params
        try:
            session = await context.session_now()
        except NotSignedIn:
            if isinstance(params, dict) and params.get("token") is not None:
                raise ConnectionRejectionError() from None
            return UNSET
        if context.place is not None:
            context.place.hand_over(session.person_id, context.parts.caps.sockets_of_account)
        return UNSET


async def _given(request: AsyncHTTPRequestAdapter) -> Mapping[str, Any]:
    if request.method == "GET":
        texts: dict[str, Any] = dict(request.query_params)
        for name in ("variables", "extensions"):
            if texts.get(name):
                texts[name] = _read(texts[name])
        return texts
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    if media_type != JSON_TYPE:
        raise RequestRefused(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"The body has to be {JSON_TYPE}.", status=415
        )
    given = _read(await request.get_body())
    if isinstance(given, list):
        raise RequestRefused(ErrorCode.BAD_REQUEST, "Batching is not supported.")
    if not isinstance(given, dict):
        raise RequestRefused(ErrorCode.BAD_REQUEST, "The request body must be a JSON object.")
    return given


def _read(text: str | bytes) -> Any:
    try:
        return read_json(text)
    except NotJson:
        raise RequestRefused(ErrorCode.BAD_REQUEST, "This is not JSON.") from None
    except BeyondLimit as limit:
        raise RequestRefused.beyond(limit) from None


async def _other_method() -> Response:
    return _refusal(_posted_only())


def _check_method(kind: OperationType, *, posted: bool) -> None:
    if not posted and kind is not OperationType.SUBSCRIPTION:
        raise _posted_only()


def _posted_only() -> RequestRefused:
    return RequestRefused(
        ErrorCode.METHOD_NOT_ALLOWED, "Queries and mutations are posted.", status=405
    )


def _refusal(refused: RequestRefused) -> Response:
    """The answer to a request of which nothing was executed."""
    body = json.dumps({"errors": [refused.formatted()]}, separators=(",", ":"))
    headers = {"content-type": f"{_wanted_type.get()}; charset=utf-8"}
    if refused.status == 405:
        headers["allow"] = "POST"
    return Response(body, status_code=refused.status, headers=headers)


def _executed(result: Any) -> bool:
    """Whether execution began: an error with a path happened inside it."""
    return any(error.path for error in result.errors or ())
