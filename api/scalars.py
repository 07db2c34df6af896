"""The scalars of the contract."""

from typing import NewType

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

Position = NewType("Position", int)
Millicredits = NewType("Millicredits", int)

POSITION_MAX = 2**63 - 1


def _position(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        number = int(value)
        if number <= POSITION_MAX:
            return number
    raise ValueError("A position is a string of decimal digits.")


SCALARS: dict[object, ScalarDefinition] = {
    Position: strawberry.scalar(
        name="Position",
        description="A place in the order of all events, as a string of decimal digits.",
        serialize=str,
        parse_value=_position,
    ),
    Millicredits: strawberry.scalar(
        name="Millicredits",
        description="Whole thousandths of a credit. A JSON number, exact up to 2^53.",
        serialize=int,
        parse_value=int,
    ),
}


def config() -> StrawberryConfig:
    """The schema's configuration."""
    return StrawberryConfig(
        scalar_map=SCALARS,
        disable_field_suggestions=True,
    )
