"""GraphQL documents: validated once and kept, and those that our own client names by hash.

Validation costs sixteen times an execution, so a document's verdict is remembered under the
SHA-256 of its text. The library's own cache hashes the whole syntax tree on every hit instead.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

from graphql import (
    ASTValidationRule,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.document_numbers import DocumentNumbers
from api.error_codes import ErrorCode
from api.introspection import IntrospectionCost, looks_only_at_schema
from api.limits import TOKENS_MAX, DocumentLimits

PREPARED_DOCUMENTS_MAX = 256
LOOKS_MAX = 8
"""Tools ask one of a few standard queries, whose answers are a quarter of a megabyte each."""
ERRORS_MAX = 10
"""A client mends the first; a list of hundreds would be work for whoever sent rubbish."""

# Module constants: rules made per request would be new classes, and no cache would ever hit.
_LIMITS = (DocumentLimits, DocumentNumbers, IntrospectionCost)
_RULES = (*specified_rules, OneOfInputValidationRule)


class DocumentCache:
    """A bounded, thread-safe least-recently-used map from a text's digest to its valid document.

    Only valid documents are kept: what is refused is refused quickly, and would push them out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, DocumentNode] = OrderedDict()
        self._looks: OrderedDict[bytes, ExecutionResult] = OrderedDict()

    def get(self, query: str) -> DocumentNode | None:
        """The document of a text that was found valid before."""
        digest = _digest(query)
        with self._lock:
            document = self._kept.get(digest)
            if document is not None:
                self._kept.move_to_end(digest)
            return document

    def keep(self, query: str, document: DocumentNode) -> None:
        """Remember a valid document."""
        with self._lock:
            self._kept[_digest(query)] = document
            while len(self._kept) > PREPARED_DOCUMENTS_MAX:
                self._kept.popitem(last=False)

    def look(self, query: str) -> ExecutionResult | None:
        """What a look at the schema found before. Whoever gets it must not change it."""
        with self._lock:
            return self._looks.get(_digest(query))

    def keep_look(self, query: str, found: ExecutionResult) -> None:
        """Remember what a look at the schema found: the schema is the same to everybody."""
        with self._lock:
            self._looks[_digest(query)] = found
            while len(self._looks) > LOOKS_MAX:
                self._looks.popitem(last=False)


class CachingSchema(Protocol):
    """A schema that remembers which documents it found valid."""

    @property
    def prepared(self) -> DocumentCache:
        """Valid documents. They are valid for this schema only."""
        ...


class PreparedDocuments(SchemaExtension):
    """Parses and validates a document the first time it is seen, within all limits."""

    _known: bool = False

    def on_operation(self) -> Iterator[None]:
        """Bound what the parser may read, and take a known document from the cache."""
        context = self.execution_context
        context.parse_options["max_tokens"] = TOKENS_MAX
        if context.query:
            context.graphql_document = self._cache.get(context.query)
            self._known = context.graphql_document is not None
        yield

    def on_validate(self) -> Iterator[None]:
        """Measure, and only then validate: some rules are slow on what is too large."""
        context = self.execution_context
        document, schema = context.graphql_document, context.schema._schema
        if document is not None:
            errors: list[GraphQLError] = []
            if not self._known:
                errors = _validate(schema, document, _LIMITS) or _validate(schema, document, _RULES)
                if not errors:
                    self._cache.keep(context.query or "", document)
            context.pre_execution_errors = [_coded(error) for error in errors]
        yield

    def on_execute(self) -> Iterator[None]:
        """Answer a look at the whole schema from memory: it is the longest turn of the loop."""
        context = self.execution_context
        looks = looks_only_at_schema(context.graphql_document)
        found = self._cache.look(context.query or "") if looks else None
        context.result = found
        yield
        made = context.result
        if looks and found is None and isinstance(made, ExecutionResult) and not made.errors:
            self._cache.keep_look(context.query or "", made)

    @property
    def _cache(self) -> DocumentCache:
        return cast(CachingSchema, self.execution_context.schema).prepared


def _validate(
    schema: GraphQLSchema, document: DocumentNode, rules: Sequence[type[ASTValidationRule]]
) -> list[GraphQLError]:
    return validate(schema, document, rules, max_errors=ERRORS_MAX, hide_suggestions=True)


def _coded(error: GraphQLError) -> GraphQLError:
    """The error of a document with a code: a limit's, or that of every other rule."""
    named = error.extensions or {}
    code = ErrorCode.LIMIT_EXCEEDED if "limit" in named else ErrorCode.GRAPHQL_VALIDATION_FAILED
    error.extensions = {"code": code.value, **named}
    return error


def _digest(query: str) -> bytes:
    return hashlib.sha256(query.encode()).digest()


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
