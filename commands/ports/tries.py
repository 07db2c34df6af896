"""How often something may be tried: buckets that every try fills and time empties."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class Bucket:
    """One kind of bucket: so many tries at once, and one more every `refill`."""

    name: str
    tries_max: int
    refill: timedelta

    @property
    def holds(self) -> timedelta:
        """How long a full one takes to be empty."""
        return self.tries_max * self.refill


@dataclass(frozen=True)
class Try:
    """A try that counts in one bucket. `of` is whose: an address, say, so kept out of `repr`."""

    bucket: Bucket
    of: str = field(repr=False)


class Tries(Protocol):
    """Counted for all processes together. Each call is its own transaction.

    Nothing that is stored says in clear whose bucket it is.
    """

    def take(self, tries: Sequence[Try], *, at: datetime) -> None:
        """Count one try in each of these buckets, or in none of them where one is full.

        Raises `TooManyRequests`.
        """
        ...

    def give_back(self, tries: Sequence[Try]) -> None:
        """Count one try less in each: what was taken for something that does not count."""
        ...
