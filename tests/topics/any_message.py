"""Every message that its type allows, as Hypothesis strategies: small ones, and the largest."""

import math
from base64 import b64encode
from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from topics.messages import bounds

PLAIN = st.characters(exclude_categories=("Cc", "Cs"))

# By what each pattern lets through: generating from the expressions themselves throws most away.
_LETTERS: Mapping[str, st.SearchStrategy[str]] = {
    bounds._NO_CONTROLS: PLAIN,
    bounds._WORDS: st.sampled_from("abz09._-"),
    bounds._PRINTABLE: st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'),
}
_KEYS = st.lists(
    st.text(st.sampled_from("abAZ09._-"), min_size=1, max_size=40).filter(
        lambda part: part not in (".", "..")
    ),
    min_size=1,
    max_size=4,
).map("/".join)
_WHOLE: Mapping[str, st.SearchStrategy[str]] = {
    r"^[0-9a-f]{64}$": st.text(st.sampled_from("0123456789abcdef"), min_size=64, max_size=64),
    r"^[^\x00]*$": st.text(PLAIN, max_size=60),
}
_STARTS: tuple[tuple[str, st.SearchStrategy[str]], ...] = (
    ("^https", st.just("https://objects.example/suite")),
    ("^[a-z]+/", st.sampled_from(["image/png", "video/mp4", "application/x.y+z"])),
    ("^[a-z-]+", st.text(st.sampled_from("ab-"), min_size=1, max_size=40)),
    (r"^(?!\.", _KEYS),
    ("^[A-Za-z0-9+/]{7", st.binary(min_size=6, max_size=25).map(lambda b: b64encode(b).decode())),
)


def any_of(kind: Any, given: Mapping[str, st.SearchStrategy[Any]] | None = None) -> Any:
    """Any value of a message type. `given` fixes fields of the outermost struct by name."""
    return _of(inspect.type_info(kind), given or {})


def _of(kind: Any, given: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.Metadata():
            return _of(kind.type, given)
        case inspect.StructType():
            return st.builds(
                kind.cls,
                **{
                    f.name: given[f.name] if f.name in given else _of(f.type, {})
                    for f in kind.fields
                },
            )
        case inspect.UnionType():
            return st.one_of([_of(one, {}) for one in kind.types])
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.UUIDType():
            return st.uuids()
        case inspect.EnumType():
            members: type[Enum] = kind.cls
            return st.sampled_from(list(members))
        case inspect.IntType():
            return st.integers(kind.ge, kind.le)
        case inspect.FloatType():
            assert kind.ge is not None
            assert kind.le is not None
            return st.floats(float(kind.ge), float(kind.le), allow_nan=False)
        case inspect.BytesType():
            return st.binary(max_size=min(kind.max_length or 0, 64))
        case inspect.VarTupleType():
            return st.lists(_of(kind.item_type, {}), max_size=min(kind.max_length or 0, 4)).map(
                tuple
            )
        case inspect.DictType():
            return st.dictionaries(_of(kind.key_type, {}), _of(kind.value_type, {}), max_size=3)
        case inspect.StrType():
            return _text(kind)
    raise TypeError(kind)


def _text(kind: inspect.StrType) -> st.SearchStrategy[str]:
    pattern = kind.pattern or ""
    if pattern in _LETTERS:
        size = min(kind.max_length or 0, 60)
        return st.text(_LETTERS[pattern], min_size=max(kind.min_length or 0, 1), max_size=size)
    if pattern in _WHOLE:
        return _WHOLE[pattern]
    return next(made for start, made in _STARTS if pattern.startswith(start))


def is_bounded(kind: Any) -> bool:
    """Whether a type says how much it may hold at most, in every part of it."""
    match kind:
        case inspect.Metadata():
            return is_bounded(kind.type)
        case inspect.StructType():
            return all(is_bounded(field.type) for field in kind.fields)
        case inspect.UnionType():
            return all(is_bounded(one) for one in kind.types)
        case inspect.NoneType() | inspect.BoolType() | inspect.UUIDType() | inspect.EnumType():
            return True
        case inspect.DateTimeType():
            return True
        case inspect.IntType():
            # A column has 64 bits.
            return kind.ge is not None and kind.le is not None and kind.le < 2**63
        case inspect.FloatType():
            return kind.ge is not None and kind.le is not None and math.isfinite(kind.le)
        case inspect.StrType():
            return kind.max_length is not None and kind.pattern is not None
        case inspect.BytesType():
            return kind.max_length is not None
        case inspect.VarTupleType():
            return kind.max_length is not None and is_bounded(kind.item_type)
        case inspect.DictType():
            return (
                kind.max_length is not None
                and is_bounded(kind.key_type)
                and is_bounded(kind.value_type)
            )
    return False


def unbounded_fields(message: type[msgspec.Struct]) -> list[str]:
    """The fields of a message that say nothing of how much they may hold."""
    kind = inspect.type_info(message)
    assert isinstance(kind, inspect.StructType)
    return [field.name for field in kind.fields if not is_bounded(field.type)]
