"""What tells two commands under one idempotency key apart: a keyed digest of what was asked.

It covers the command's stored name and those of its fields that differ from their default. A class
that moves, and a field that is added with a default, leave the digest of an older request as it is.
"""

import dataclasses
import hashlib
import hmac
import math
from collections.abc import Iterator, Mapping, Set
from enum import Enum
from functools import cache
from typing import Any

import msgspec

_ALWAYS_COVERED = "covered by the digest, whatever its value"
_NEVER_COVERED = "not covered by the digest: it follows from the other fields"


def digest(secret: bytes, name: str, command: Any) -> bytes:
    """The digest of a command that is stored as `name`, 32 bytes."""
    return hmac.new(secret, name.encode() + b":" + canonical(command), hashlib.sha256).digest()


def canonical(command: Any) -> bytes:
    """A command as JSON: only what differs from its default, at any depth, with sorted names.

    It decodes to the same command, so two commands of one name never share it; but a number that
    is not finite, which JSON does not have, is only told apart from every other value.
    """
    return _encoded(_plain(command))


def differing(value: Any) -> dict[str, Any]:
    """The fields of a dataclass or struct that differ from their default, ready for JSON."""
    kind: Any = type(value)
    fields = _fields(kind)
    plain = {name: _plain(getattr(value, name)) for name, _ in fields}
    # Compared as they are encoded: to Python, 1, 1.0 and True are the same value.
    return {
        name: plain[name]
        for name, default in fields
        if default is None or _encoded(plain[name]) != default
    }


def changing_default(value: Any) -> Any:
    """The default of a command's field that a later release may change.

    Such a field is always covered: the same digest would else stand for two different requests.
    """
    return dataclasses.field(default=value, metadata={_ALWAYS_COVERED: True})


def following(value: Any) -> Any:
    """The default of a command's field that follows from the others at the time of the asking.

    Such a field is never covered: the same wish, asked again later, is the same request.
    """
    return dataclasses.field(default=value, metadata={_NEVER_COVERED: True})


def is_following(own: dataclasses.Field[Any]) -> bool:
    """Whether a command's field follows from the others."""
    return _NEVER_COVERED in own.metadata


def _encoded(plain: Any) -> bytes:
    return msgspec.json.encode(plain, order="deterministic")


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        tag = {} if config.tag is None else {str(config.tag_field): config.tag}
        return {**tag, **differing(value)}
    if dataclasses.is_dataclass(value):
        return differing(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, Set):
        return sorted((_plain(one) for one in value), key=_encoded)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"not-finite": str(value)}
    return value


@cache
def _fields(kind: Any) -> tuple[tuple[str, bytes | None], ...]:
    """Every field with its encoded default, None where it has none."""
    return tuple(
        (name, _encoded(_plain(default[0])) if default else None)
        for name, default in _declared(kind)
    )


def _declared(kind: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if issubclass(kind, msgspec.Struct):
        for field in msgspec.structs.fields(kind):
            yield field.name, _default(field, msgspec.NODEFAULT)
    else:
        for own in dataclasses.fields(kind):
            if is_following(own):
                continue
            covered = _ALWAYS_COVERED in own.metadata
            yield own.name, () if covered else _default(own, dataclasses.MISSING)


def _default(field: Any, absent: Any) -> tuple[Any, ...]:
    """The default in a tuple of one; an empty tuple where there is none."""
    if field.default is not absent:
        return (field.default,)
    return () if field.default_factory is absent else (field.default_factory(),)
