"""Time as an argument: whoever needs to know what time it is, is given one of these."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Answers the current time."""

    def __call__(self) -> datetime:
        """Now, aware and in UTC. Never goes backwards between two calls in one process."""
        ...
