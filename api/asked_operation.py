"""What one request asks for, whichever door it came through: a document and its values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.documents import TrustedDocuments, UnknownDocument
from api.error_codes import ErrorCode, RequestRefused
from api.json_text import BeyondLimit
from api.limits import DOCUMENT_SIZE_MAX_BYTES, DocumentTooNested, check_nesting, is_storable


@dataclass(frozen=True)
class AskedOperation:
    """A request whose parts have their types. `query` is the document's text."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


def asked_operation(given: Mapping[str, Any], trusted: TrustedDocuments) -> AskedOperation:
    """The operation of a body, a frame's payload or a query string. Raises `RequestRefused`.

    A document comes as its text, as the id of a trusted one, or as the hash of Apollo's persisted
    queries, which finds trusted documents only.
    """
    query = _of_type(given, "query", str)
    extensions = _of_type(given, "extensions", dict)
    if query is None:
        query = _named(given.get("documentId"), extensions or {}, trusted)
    return AskedOperation(
        query=query,
        variables=_of_type(given, "variables", dict),
        operation_name=_of_type(given, "operationName", str),
        extensions=extensions,
    )


def check_operation(
    query: str | None, variables: dict[str, Any] | None, operation_name: str | None
) -> None:
    """Refuse what could not be stored, and what would exhaust the parser's stack.

    Linear in the length of all three. Raises `RequestRefused`.
    """
    text = query or ""
    if len(text) > DOCUMENT_SIZE_MAX_BYTES:
        raise RequestRefused.beyond(BeyondLimit("document", "The document is too large."))
    if not is_storable([text, variables, operation_name]):
        raise RequestRefused.beyond(
            BeyondLimit("characters", "A text holds characters that cannot be stored.")
        )
    try:
        check_nesting(text)
    except DocumentTooNested:
        raise RequestRefused.beyond(BeyondLimit("nesting", "Too many levels of nesting.")) from None


def _of_type(given: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = given.get(name)
    if value is None or isinstance(value, kind):
        return value
    wanted = "a text" if kind is str else "an object"
    raise RequestRefused(ErrorCode.BAD_REQUEST, f"`{name}` has to be {wanted}, or null.")


def _named(given: object, extensions: dict[str, Any], trusted: TrustedDocuments) -> str:
    if given is not None:
        try:
            return trusted.text(given)
        except UnknownDocument:
            raise RequestRefused(ErrorCode.UNKNOWN_DOCUMENT, "Unknown document id.") from None
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        raise RequestRefused(ErrorCode.BAD_REQUEST, "No GraphQL document in the request.")
    sha256 = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    try:
        return trusted.text(f"sha256:{sha256}")
    except UnknownDocument:
        # The word by which clients know to send the text from now on.
        raise RequestRefused(
            ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported"
        ) from None
