"""GraphQL documents: validated once and kept, and those that our own client names by hash.

Validation costs sixteen times an execution, so a document's verdict is remembered under the
SHA-256 of its text. The library's own cache hashes the whole syntax tree on every hit instead.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graphql import DocumentNode, GraphQLError, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from api.limits import TOKENS_MAX, DocumentLimits, DocumentTooNested, check_nesting

PREPARED_DOCUMENTS_MAX = 512

# A module constant: rules made per request would be new classes, and no cache would ever hit.
_RULES = (*specified_rules, DocumentLimits)


@dataclass(frozen=True)
class _Prepared:
    document: DocumentNode
    errors: tuple[GraphQLError, ...]


class _PreparedDocuments:
    """A bounded, thread-safe least-recently-used map from text digest to verdict."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, _Prepared] = OrderedDict()

    def get(self, digest: bytes) -> _Prepared | None:
        with self._lock:
            prepared = self._kept.get(digest)
            if prepared is not None:
                self._kept.move_to_end(digest)
            return prepared

    def keep(self, digest: bytes, prepared: _Prepared) -> None:
        with self._lock:
            self._kept[digest] = prepared
            while len(self._kept) > PREPARED_DOCUMENTS_MAX:
                self._kept.popitem(last=False)


_PREPARED = _PreparedDocuments()


class PreparedDocuments(SchemaExtension):
    """Parses and validates a document the first time it is seen, within all limits."""

    def on_operation(self) -> Iterator[None]:
        """Take a known document from the cache, or bound what the parser may read."""
        context = self.execution_context
        context.parse_options["max_tokens"] = TOKENS_MAX
        query = context.query or ""
        prepared = _PREPARED.get(_digest(context.schema, query))
        if prepared is not None:
            context.graphql_document = prepared.document
            context.pre_execution_errors = list(prepared.errors) or None
        yield

    def on_parse(self) -> Iterator[None]:
        """Refuse a text that would exhaust the parser's stack."""
        context = self.execution_context
        if context.graphql_document is None:
            try:
                check_nesting(context.query or "")
            except DocumentTooNested:
                raise GraphQLError(
                    "Too many levels of nesting.", extensions={"limit": "nesting"}
                ) from None
        yield

    def on_validate(self) -> Iterator[None]:
        """Validate once per text."""
        context = self.execution_context
        document = context.graphql_document
        if document is not None:
            digest = _digest(context.schema, context.query or "")
            prepared = _PREPARED.get(digest)
            if prepared is None:
                errors = validate_document(context.schema._schema, document, _RULES)
                prepared = _Prepared(document, tuple(errors))
                _PREPARED.keep(digest, prepared)
            context.pre_execution_errors = list(prepared.errors)
        yield


def _digest(schema: object, query: str) -> bytes:
    return hashlib.sha256(id(schema).to_bytes(8, "big") + query.encode()).digest()


class UnknownDocument(Exception):
    """A document id that no committed operation has."""


class TrustedDocuments:
    """The committed operations, named by `sha256:` and the digest of their text."""

    def __init__(self, texts_by_name: Mapping[str, str]) -> None:
        self.ids_by_name = {name: document_id(text) for name, text in texts_by_name.items()}
        self._texts = {document_id(text): text for text in texts_by_name.values()}

    @classmethod
    def load(cls, folder: Path) -> "TrustedDocuments":
        """Every `*.graphql` file of a folder, under the file's name."""
        return cls({path.stem: path.read_text() for path in sorted(folder.glob("*.graphql"))})

    def text(self, document_id: object) -> str:
        """The text behind an id. Raises `UnknownDocument`."""
        if not isinstance(document_id, str) or document_id not in self._texts:
            raise UnknownDocument()
        return self._texts[document_id]


def document_id(text: str) -> str:
    """The id of a trusted document."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
