"""Scopes and their versions, in rows of twins and of assets."""

from collections.abc import Mapping

import msgspec


def scope_versions(value: msgspec.Raw | Mapping[str, int]) -> Mapping[str, int]:
    """By scope: as a handler has left it in this batch, or as the JSON that was loaded."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value, type=dict[str, int])
    return value
