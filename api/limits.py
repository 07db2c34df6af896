"""How much one request may ask for: measured before anything is executed.

One pass over the parsed document with every fragment measured once, so that the check itself
cannot be made slow: the library's depth and alias limiters double their work with every reuse of
a fragment.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    ValidationRule,
)
from graphql.validation import ValidationContext

INTROSPECTION_ROOTS = frozenset({"__schema", "__type"})
BODY_SIZE_MAX_BYTES = 64 * 1024
"""Uploads go to the object store, so no honest request is larger than a thousand ids."""
DOCUMENT_SIZE_MAX_BYTES = 32 * 1024
"""Of the document alone, which is parsed: the rest of a body is values, which are not."""
TOKENS_MAX = 1_000
NESTING_MAX = 32
"""Open braces, brackets and parentheses at once. Checked on the text, since the parser recurses."""
DEPTH_MAX = 12
ALIASES_MAX = 20
DIRECTIVES_MAX = 20
FIELDS_MAX = 300
FRAGMENT_SPREADS_MAX = 40
MUTATIONS_MAX = 4
COST_MAX = 20_000
"""One point a field, times the page size of every connection around it."""
PAGE_SIZE_MAX = 100
PAGE_SIZE_DEFAULT = 20

_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")
_SURROGATE = re.compile("[\ud800-\udfff]")


class DocumentTooNested(Exception):
    """The text nests deeper than `NESTING_MAX`."""


def check_nesting(text: str) -> None:
    """Refuse a text that would make the parser recurse too far. Linear. Raises `DocumentTooNested`.

    Strings are not skipped: a string full of braces is refused too, which no honest document has.
    """
    if sum(map(text.count, _OPENING)) <= NESTING_MAX:
        return
    depth = 0
    for character in text:
        if character in _OPENING:
            depth += 1
            if depth > NESTING_MAX:
                raise DocumentTooNested()
        elif character in _CLOSING:
            depth = max(0, depth - 1)


def is_storable(value: object) -> bool:
    """Whether all texts in a value can be stored: no NUL, and no half of a surrogate pair."""
    match value:
        case str():
            return "\x00" not in value and not _SURROGATE.search(value)
        case dict():
            return all(is_storable(key) and is_storable(held) for key, held in value.items())
        case list():
            return all(is_storable(held) for held in value)
        case _:
            return True


@dataclass(frozen=True)
class _Size:
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    spreads: int = 0
    cost: int = 0

    def beside(self, other: "_Size") -> "_Size":
        return _Size(
            max(self.depth, other.depth),
            _capped(self.aliases + other.aliases),
            _capped(self.directives + other.directives),
            _capped(self.fields + other.fields),
            _capped(self.spreads + other.spreads),
            _capped(self.cost + other.cost),
        )


def _capped(value: int) -> int:
    """Numbers stay small even where a chain of fragments doubles them eighty times."""
    return min(value, 1_000_000_000)


class DocumentLimits(ValidationRule):
    """Refuses a document beyond any limit, naming the limit and nothing else."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._measured: dict[str, _Size | None] = {}
        self._rooted: dict[str, int] = {}

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Measure every operation of the document."""
        self._fragments = {
            definition.name.value: definition
            for definition in node.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._check(definition)

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        """An escape in a text can spell what the text itself may not hold."""
        if not is_storable(node.value):
            self.context.report_error(
                GraphQLError(
                    "A text holds characters that cannot be stored.",
                    extensions={"limit": "characters"},
                )
            )

    def _check(self, operation: OperationDefinitionNode) -> None:
        size = self._operation(operation).beside(_Size(directives=len(operation.directives or ())))
        limits = (
            ("depth", size.depth, DEPTH_MAX),
            ("aliases", size.aliases, ALIASES_MAX),
            ("directives", size.directives, DIRECTIVES_MAX),
            ("fields", size.fields, FIELDS_MAX),
            ("fragment spreads", size.spreads, FRAGMENT_SPREADS_MAX),
            ("cost", size.cost, COST_MAX),
        )
        for name, value, limit in limits:
            if value > limit:
                self._refuse(name, limit, operation)
        if operation.operation is OperationType.MUTATION:
            count = self._root_fields(operation.selection_set)
            if count > MUTATIONS_MAX:
                self._refuse("mutations", MUTATIONS_MAX, operation)

    def _refuse(self, name: str, limit: int, node: OperationDefinitionNode) -> None:
        self.context.report_error(
            GraphQLError(
                f"Too many {name}: the limit is {limit}.", node, extensions={"limit": name}
            )
        )

    def _operation(self, operation: OperationDefinitionNode) -> _Size:
        if operation.operation is not OperationType.SUBSCRIPTION:
            return self._selection(operation.selection_set)
        # A feed is one thing, though a page elsewhere has its name.
        total = _Size()
        for selection in operation.selection_set.selections:
            directives = _Size(directives=len(selection.directives or ()))
            size = (
                self._field(selection, page_size=1)
                if isinstance(selection, FieldNode)
                else self._one(selection)
            )
            total = total.beside(size).beside(directives)
        return total

    def _selection(self, selection_set: SelectionSetNode | None) -> _Size:
        total = _Size()
        for selection in selection_set.selections if selection_set else ():
            directives = _Size(directives=len(selection.directives or ()))
            total = total.beside(self._one(selection)).beside(directives)
        return total

    def _one(self, selection: Any) -> _Size:
        if isinstance(selection, FieldNode):
            return self._field(selection, page_size=self._page_size(selection))
        if isinstance(selection, InlineFragmentNode):
            return self._selection(selection.selection_set)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value).beside(_Size(spreads=1))
        return _Size()

    def _field(self, field: FieldNode, *, page_size: int) -> _Size:
        inner = self._selection(field.selection_set)
        # The standard look at the schema nests deep; `api.introspection` bounds what it costs.
        looks_at_schema = field.name.value in INTROSPECTION_ROOTS
        return _Size(
            depth=1 if looks_at_schema else inner.depth + 1,
            aliases=_capped(inner.aliases + (field.alias is not None)),
            directives=inner.directives,
            fields=_capped(inner.fields + 1),
            spreads=inner.spreads,
            cost=_capped(1 + inner.cost * page_size),
        )

    def _fragment(self, name: str) -> _Size:
        if name not in self._measured:
            # A fragment met inside itself counts as nothing here: another rule reports the cycle.
            self._measured[name] = None
            definition = self._fragments.get(name)
            self._measured[name] = self._selection(definition.selection_set if definition else None)
        return self._measured[name] or _Size()

    def _page_size(self, field: FieldNode) -> int:
        """What a connection may multiply by. A variable counts as the largest page."""
        if field.name.value not in _connections(self.context.schema):
            return 1
        return _first(field, PAGE_SIZE_DEFAULT)

    def _root_fields(self, selection_set: SelectionSetNode | None) -> int:
        """How many fields stand at the root, each fragment counted once and remembered."""
        count = 0
        for selection in selection_set.selections if selection_set else ():
            if isinstance(selection, FieldNode):
                count += 1
            elif isinstance(selection, InlineFragmentNode):
                count += self._root_fields(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in self._rooted:
                    self._rooted[name] = 0
                    definition = self._fragments.get(name)
                    self._rooted[name] = self._root_fields(
                        definition.selection_set if definition else None
                    )
                count += self._rooted[name]
        return _capped(count)


def _first(field: FieldNode, default: int) -> int:
    for argument in field.arguments or ():
        if argument.name.value == "first":
            if isinstance(argument.value, IntValueNode):
                # A number that is too long to be a page is not worth reading.
                digits = argument.value.value
                return PAGE_SIZE_MAX if len(digits) > 3 else max(1, int(digits))
            return PAGE_SIZE_MAX
    return default


@lru_cache(maxsize=4)
def _connections(schema: GraphQLSchema) -> frozenset[str]:
    """The names of all fields that answer in pages."""
    return frozenset(
        name
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if "first" in field.args
    )
