"""Executes selections of plain fields at the cost of reading them.

A field that is an attribute of what its parent resolved to, or a method of it that asks for nothing
but its arguments, needs no path and no information about the request. Whatever else stands beside
such fields, and every value that does not fit its type, is left to graphql-core, which knows what
to say.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias, cast

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    Undefined,
    is_leaf_type,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter, get_arguments
from strawberry.types.field import StrawberryField

_Of: TypeAlias = Callable[[Any], Any]
"""From a parent to the value of a field, or from a value to what the answer shows."""

_Selected: TypeAlias = Mapping[str, Any]
"""graphql-core's grouped field set: by the name in the answer, where it was asked for."""


_Plain: TypeAlias = "attrgetter[Any] | StrawberryField | None"

_PLAIN = "plain"


class _Unfit(Exception):
    """A value that graphql-core is to look at."""


class _Plan:
    """What a selection asks of one type: fields to read, and what is left to the library."""

    __slots__ = ("plain", "rest", "selected")

    def __init__(
        self, plain: list[tuple[str, _Of, _Of]], rest: dict[str, Any], selected: _Selected
    ) -> None:
        self.plain = plain
        self.rest = rest
        self.selected = selected
        """Held, so that no other selection is found under its identity."""


class PlainFieldsExecution(StrawberryGraphQLCoreExecutionContext):
    """An executor for one request. Answers what the library's would, field by field, in order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._plans: dict[tuple[str, int], _Plan] = {}
        between = self.middleware_manager
        self._is_watched = between is not None and bool(between.middlewares)

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """See `graphql.execution.Executor.execute_fields`."""
        plan = self._plan(parent_type, grouped_field_set)
        if not plan.plain:
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        plain: dict[str, Any] = {}
        rest = plan.rest
        for name, read, show in plan.plain:
            try:
                plain[name] = show(read(source_value))
            except Exception:
                # Once more by the library, which says where the answer is wrong.
                rest = {**rest, name: grouped_field_set[name]}
        if not rest:
            return plain
        others: Any = super().execute_fields(
            parent_type, source_value, path, rest, position_context
        )
        if self.is_awaitable(others):
            return _once_there(grouped_field_set, plain, others)
        return _in_order(grouped_field_set, plain, others)

    def _plan(self, parent_type: GraphQLObjectType, selected: _Selected) -> _Plan:
        key = (parent_type.name, id(selected))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._planned(parent_type, selected)
        return plan

    def _planned(self, parent_type: GraphQLObjectType, selected: _Selected) -> _Plan:
        plain: list[tuple[str, _Of, _Of]] = []
        rest: dict[str, Any] = {}
        for name, details in selected.items():
            field = parent_type.fields.get(details[0].node.name.value)
            read = None if field is None or self._is_watched else self._read(field, details)
            show = None if field is None or read is None else self._shown(field.type, details)
            if read is None or show is None:
                rest[name] = details
            else:
                plain.append((name, read, show))
        return _Plan(plain, rest, selected)

    def _read(self, field: GraphQLField, details: Any) -> _Of | None:
        """How the value is read, if it takes no more than its parent."""
        plain = _plain(field)
        if plain is None or isinstance(plain, attrgetter):
            return plain
        try:
            _, arguments = get_arguments(
                field=plain,
                source=None,
                # Only input types that build their own value ask for it, and they miss it then.
                info=cast("Any", None),
                kwargs=get_argument_values(
                    field,
                    details[0].node,
                    self.variable_values,
                    details[0].fragment_variable_values,
                    self.hide_suggestions,
                ),
                config=_converter(self.schema).config,
                scalar_registry=_converter(self.schema).scalar_registry,
            )
        except Exception:
            return None
        return partial(cast("Any", plain.base_resolver).wrapped_func, **arguments)

    def _shown(self, of_type: GraphQLOutputType, details: Any) -> _Of | None:
        """How values of a type are shown. None where only the library knows."""
        if isinstance(of_type, GraphQLNonNull):
            return self._present(of_type.of_type, details)
        present = self._present(of_type, details)
        return None if present is None else partial(_unless_none, present)

    def _present(self, of_type: GraphQLOutputType, details: Any) -> _Of | None:
        if isinstance(of_type, GraphQLList):
            item = self._shown(of_type.of_type, details)
            return None if item is None else partial(_each, item)
        if is_leaf_type(of_type):
            return partial(_leaf, of_type.coerce_output_value)
        if isinstance(of_type, GraphQLObjectType):
            selected, deferred, _ = self.collect_subfields(of_type, details)
            plan = self._plan(of_type, selected)
            defined = of_type.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            if not plan.rest and not deferred and defined is not None:
                return partial(_object, defined.origin, plan.plain)
        return None


def _plain(field: GraphQLField) -> _Plain:
    """What is to be read of a parent: an attribute, or what such a method answers. Kept with the
    field: a small request asks for few fields, and would pay more for finding out."""
    if _PLAIN not in field.extensions:
        field.extensions[_PLAIN] = _found_plain(field)
    plain: _Plain = field.extensions[_PLAIN]
    return plain


def _found_plain(field: GraphQLField) -> _Plain:
    defined = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(defined, StrawberryField):
        return None
    # Strawberry marks the resolvers that it made for fields which have none.
    if getattr(field.resolve, "_is_default", False):
        return attrgetter(defined.python_name)
    method = defined.base_resolver
    if (
        method is None
        or method.is_async
        or method.self_parameter is None
        or method.info_parameter is not None
        or method.parent_parameter is not None
        or method.root_parameter is not None
        or defined.extensions
        or defined.permission_classes
    ):
        return None
    return defined


def _converter(schema: Any) -> GraphQLCoreConverter:
    converter: GraphQLCoreConverter = schema.extensions[
        GraphQLCoreConverter.DEFINITION_BACKREF
    ].schema_converter
    return converter


def _unless_none(show: _Of, value: Any) -> Any:
    return None if value is None else show(value)


def _leaf(coerce: _Of, value: Any) -> Any:
    shown = None if value is None else coerce(value)
    if shown is None or shown is Undefined:
        raise _Unfit
    return shown


def _each(item: _Of, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _Unfit
    return [item(one) for one in value]


def _object(origin: type, fields: list[tuple[str, _Of, _Of]], value: Any) -> dict[str, Any]:
    if type(value) is not origin:
        raise _Unfit
    return {name: show(read(value)) for name, read, show in fields}


def _in_order(
    selected: _Selected, plain: dict[str, Any], others: Mapping[str, Any]
) -> dict[str, Any]:
    """As the selection names them. A field that its type does not have is in neither."""
    return {
        name: plain[name] if name in plain else others[name]
        for name in selected
        if name in plain or name in others
    }


async def _once_there(
    selected: _Selected, plain: dict[str, Any], others: Awaitable[Mapping[str, Any]]
) -> dict[str, Any]:
    return _in_order(selected, plain, await others)
