"""A value as the Python that makes it: a failing program can be pasted into a test."""

from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec


def written(value: Any) -> str:
    """Source text. Knows what commands and steps are made of."""
    match value:
        case Enum():
            return f"{type(value).__name__}.{value.name}"
        case UUID():
            return f"UUID({str(value)!r})"
        case datetime():
            at = value.astimezone(UTC)
            return f"datetime.fromisoformat({at.isoformat()!r})"
        case tuple():
            inside = ", ".join(written(one) for one in value)
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        case msgspec.Struct():
            return _called(value, msgspec.structs.fields(value), msgspec.NODEFAULT)
        case _ if is_dataclass(value):
            return _called(value, fields(value), MISSING)
        case _:
            return repr(value)


def _called(value: Any, declared: Iterable[Any], no_default: Any) -> str:
    given = [
        f"{field.name}={written(getattr(value, field.name))}"
        for field in declared
        if field.default is no_default or field.default != getattr(value, field.name)
    ]
    return f"{type(value).__name__}({', '.join(given)})"
