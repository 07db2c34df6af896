"""From where somebody signs in usually, so that guesses from elsewhere do not lock them out."""

from datetime import datetime
from typing import Protocol


class FamiliarNetworks(Protocol):
    """Known to all processes together. Each call is its own transaction.

    `email` is an account's address in its normal form, in any case. Nothing that is stored says in
    clear whose network it is, or which.
    """

    def remember(self, email: str, network: str, *, until: datetime) -> None:
        """Somebody has signed in from there. The later time counts."""
        ...

    def is_familiar(self, email: str, network: str, *, at: datetime) -> bool:
        """Whether somebody had signed in from there, and it is not forgotten yet."""
        ...
