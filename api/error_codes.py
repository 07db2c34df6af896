"""The codes of top-level errors. The set is closed: a program may switch on it.

Rules that say no are no errors: they are types of the schema, with codes of their own.
"""

from enum import StrEnum
from typing import Any

from graphql import GraphQLError

from api.json_text import BeyondLimit


class ErrorCode(StrEnum):
    """`extensions.code` of an error. Known names where the field has them."""

    BAD_REQUEST = "BAD_REQUEST"
    """The body or frame is no GraphQL request."""

    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    """The body is no `application/json`."""

    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    """Queries and mutations are posted."""

    SUBSCRIPTION_NOT_STREAMED = "SUBSCRIPTION_NOT_STREAMED"
    """A subscription was asked for by a client that takes no event stream."""

    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    """A document, a value or the body is beyond a limit; `extensions.limit` names it."""

    UNKNOWN_DOCUMENT = "UNKNOWN_DOCUMENT"
    """No trusted document has this id."""

    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    """Send the document itself: nothing is registered by a request. Apollo's link does so."""

    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    """The document has no such operation, or several and none is named."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    """The document is no GraphQL."""

    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    """The document does not fit the schema."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    """A variable, or an argument given by one, does not have the type it needs."""

    INTERNAL = "INTERNAL"
    """Our fault; `extensions.traceId` is in our log."""


class RequestRefused(Exception):
    """A request that is answered before anything of it is executed.

    `status` is its HTTP status; on a socket only the operation ends.
    """

    def __init__(
        self, code: ErrorCode, message: str, *, status: int = 400, limit: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.limit = limit

    @classmethod
    def beyond(cls, limit: BeyondLimit) -> "RequestRefused":
        """The refusal of what exceeds a limit."""
        return cls(ErrorCode.LIMIT_EXCEEDED, limit.message, limit=limit.limit)

    @property
    def extensions(self) -> dict[str, Any]:
        """What a program goes by."""
        named = {} if self.limit is None else {"limit": self.limit}
        return {"code": self.code.value, **named}

    def formatted(self) -> dict[str, Any]:
        """The error as an answer holds it."""
        return {"message": self.message, "extensions": self.extensions}

    def as_error(self) -> GraphQLError:
        """The error as the library hands it on."""
        return GraphQLError(self.message, extensions=self.extensions)
