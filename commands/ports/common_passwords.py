"""The passwords that everybody tries first."""

from typing import Protocol


class CommonPasswords(Protocol):
    """A list, and what people make of its entries so that a form takes them."""

    def holds(self, password: str) -> bool:
        """Whether this is one, or one with digits behind it, say. Bounded work, no I/O."""
        ...
