"""How a refusal lists what there is."""

from collections.abc import Iterable


def listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
