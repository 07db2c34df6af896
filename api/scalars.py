"""The scalars of the contract."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, NamedTuple, NewType
from uuid import UUID

import strawberry
from graphql import GraphQLError, GraphQLScalarLiteralParser, ValueNode, value_from_ast_untyped
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from api.limits import PAGE_SIZE_MAX

Position = NewType("Position", int)
Millicredits = NewType("Millicredits", int)
Seed = NewType("Seed", int)
PageSize = NewType("PageSize", int)


class Cursor(NamedTuple):
    """A place in a list, as the contract shows it."""

    position: int
    id: UUID


POSITION_MAX = 2**63 - 1
POSITION_DIGITS_MAX = 19
CURSOR_LENGTH_MAX = 120
UUID_LENGTH_MAX = 45
"""As Python reads them: with hyphens, braces or the prefix of a URN."""
EXACT_MAX = 2**53
"""Every JSON reader keeps whole numbers up to this exact."""


# A value that a scalar does not know is a document error, found before anything is executed. It is
# raised as the library's own class, because any other exception counts as a fault of ours.


def _position(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        number = int(value) if len(value) <= POSITION_DIGITS_MAX else POSITION_MAX + 1
        if number <= POSITION_MAX:
            return number
    raise GraphQLError("A position is a string of decimal digits.")


def _whole_number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= EXACT_MAX:
        return value
    raise GraphQLError("This is not a whole number.")


def _page_size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= PAGE_SIZE_MAX:
        return value
    raise GraphQLError(f"A page has 1 to {PAGE_SIZE_MAX} entries.")


def _cursor_text(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(f"{cursor.position}:{cursor.id}".encode()).decode()


def _cursor(value: object) -> Cursor:
    try:
        if isinstance(value, str) and len(value) <= CURSOR_LENGTH_MAX:
            text = base64.b64decode(value.encode(), altchars=b"-_", validate=True).decode()
            position, _, own = text.partition(":")
            return Cursor(_position(position), UUID(own))
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise GraphQLError("This cursor is not one of ours.")


def _uuid(value: object) -> UUID:
    try:
        if isinstance(value, str) and len(value) <= UUID_LENGTH_MAX:
            return UUID(value)
    except ValueError:
        pass
    raise GraphQLError("This is not a UUID.")


def _written(parse: Callable[[object], Any]) -> GraphQLScalarLiteralParser:
    """How a value is read where it stands in a document: an error says where that is."""

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        try:
            return parse(value_from_ast_untyped(node, variables))
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return parse_literal


SCALARS: dict[object, ScalarDefinition] = {
    Position: strawberry.scalar(
        name="Position",
        description="A place in the order of all events, as a string of decimal digits.",
        serialize=str,
        parse_value=_position,
        parse_literal=_written(_position),
    ),
    Millicredits: strawberry.scalar(
        name="Millicredits",
        description="Whole thousandths of a credit. A JSON number, exact up to 2^53.",
        serialize=int,
        parse_value=_whole_number,
        parse_literal=_written(_whole_number),
    ),
    Seed: strawberry.scalar(
        name="Seed",
        description="What a picture's noise is made from: 0 to 4294967295, beyond GraphQL's Int.",
        serialize=int,
        parse_value=_whole_number,
        parse_literal=_written(_whole_number),
    ),
    PageSize: strawberry.scalar(
        name="PageSize",
        description=f"How many entries a page has: 1 to {PAGE_SIZE_MAX}.",
        serialize=int,
        parse_value=_page_size,
        parse_literal=_written(_page_size),
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in a list. Opaque: it carries its sort key, so it never drifts.",
        serialize=_cursor_text,
        parse_value=_cursor,
        parse_literal=_written(_cursor),
    ),
    UUID: strawberry.scalar(
        name="UUID",
        serialize=str,
        parse_value=_uuid,
        parse_literal=_written(_uuid),
    ),
}


def config() -> StrawberryConfig:
    """The schema's configuration."""
    return StrawberryConfig(
        scalar_map=SCALARS,
        disable_field_suggestions=True,
    )
