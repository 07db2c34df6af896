"""How much of the schema one document may ask to see.

What every tool asks, the standard query, is a twentieth of a second of work and nests deeper than
any question about data. So the depth of other documents does not count for it, and its cost does.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationRule,
    get_introspection_query,
    is_abstract_type,
    parse,
)

from api.limits import INTROSPECTION_ROOTS

STANDARD_MAX = 1.1
"""How much more than the standard query of this schema a document may cost."""

ENTRY_COST = 4
"""An entry of a list is an object to be begun, whatever is asked of it."""

_MORE_THAN_ENOUGH = 1e12
"""Sums stay small even where a chain of fragments doubles them eighty times."""


class IntrospectionCost(ValidationRule):
    """Refuses a document whose look at the schema costs more than the standard query, and a tenth.

    Every fragment is measured once; a circle of them counts as nothing, another rule reports it.
    """

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Measure every operation of the document."""
        measure = _Measure(node, _sizes(self.context.schema))
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                cost = measure.of(definition)
                if cost and cost > STANDARD_MAX * _standard_cost(self.context.schema):
                    self.context.report_error(
                        GraphQLError(
                            "Too much introspection at once: ask the standard query.",
                            definition,
                            extensions={"limit": "introspection"},
                        )
                    )


def looks_only_at_schema(document: DocumentNode | None) -> bool:
    """Whether the answer is the same to everybody: one operation, without variables, that asks for
    nothing but the schema.
    """
    operation, *others = document.definitions if document is not None else (None,)
    return (
        isinstance(operation, OperationDefinitionNode)
        and not operation.variable_definitions
        and not any(isinstance(other, OperationDefinitionNode) for other in others)
        and all(
            isinstance(selection, FieldNode)
            and selection.name.value in INTROSPECTION_ROOTS
            and not selection.directives
            for selection in operation.selection_set.selections
        )
    )


class _Measure:
    """What the operations of one document cost, about in fields of their answers."""

    def __init__(self, document: DocumentNode, sizes: Mapping[tuple[bool, str], float]) -> None:
        self._sizes = sizes
        self._measured: dict[tuple[str, str | None], float] = {}
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }

    def of(self, operation: OperationDefinitionNode) -> float:
        """The cost of one operation's look at the schema."""
        return self._selection(operation.selection_set, None)

    def _selection(self, selection_set: SelectionSetNode | None, below: str | None) -> float:
        """The cost of a selection. `below` is the list, or the root, that it stands in; None where
        it does not look at the schema.
        """
        total = 0.0
        for selection in selection_set.selections if selection_set else ():
            if isinstance(selection, FieldNode):
                total += self._field(selection, below)
            elif isinstance(selection, InlineFragmentNode):
                total += self._selection(selection.selection_set, below)
            elif isinstance(selection, FragmentSpreadNode):
                total += self._fragment(selection.name.value, below)
        return min(total, _MORE_THAN_ENOUGH)

    def _field(self, field: FieldNode, below: str | None) -> float:
        name = field.name.value
        if below is None:
            looks = name in INTROSPECTION_ROOTS
            return 1 + self._selection(field.selection_set, name) if looks else 0.0
        entries = self._sizes.get((below == "types", name))
        if entries is None:
            return 1 + self._selection(field.selection_set, below)
        return 1 + entries * (ENTRY_COST + self._selection(field.selection_set, name))

    def _fragment(self, name: str, below: str | None) -> float:
        key = (name, below)
        if key not in self._measured:
            self._measured[key] = 0.0
            definition = self._fragments.get(name)
            self._measured[key] = self._selection(
                definition.selection_set if definition else None, below
            )
        return self._measured[key]


@lru_cache(maxsize=4)
def _standard_cost(schema: GraphQLSchema) -> float:
    document = parse(
        get_introspection_query(
            specified_by_url=True,
            directive_is_repeatable=True,
            schema_description=True,
            input_value_deprecation=True,
        )
    )
    measure = _Measure(document, _sizes(schema))
    return sum(
        measure.of(definition)
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode)
    )


@lru_cache(maxsize=4)
def _sizes(schema: GraphQLSchema) -> Mapping[tuple[bool, str], float]:
    """How many entries each list of the schema has: (True, name) on average of all types, which is
    right below `types`; (False, name) at most, which is below one type that a document chose.
    """
    types = list(schema.type_map.values())
    composite = [
        kind for kind in types if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    ]
    counts = {
        "fields": [len(kind.fields) for kind in composite],
        "interfaces": [len(kind.interfaces) for kind in composite],
        "inputFields": [
            len(kind.fields) for kind in types if isinstance(kind, GraphQLInputObjectType)
        ],
        "enumValues": [len(kind.values) for kind in types if isinstance(kind, GraphQLEnumType)],
        "possibleTypes": [
            len(schema.get_possible_types(kind)) for kind in types if is_abstract_type(kind)
        ],
    }
    args = [len(field.args) for kind in composite for field in kind.fields.values()]
    return {
        (False, "types"): len(types),
        (False, "directives"): len(schema.directives),
        (False, "args"): sum(args) / max(1, len(args)),
        **{(True, name): sum(found) / len(types) for name, found in counts.items()},
        **{(False, name): max(found, default=0) for name, found in counts.items()},
    }
