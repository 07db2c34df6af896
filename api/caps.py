"""How much one account, or one address, may hold open in one process: what is open costs memory."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Caps:
    """Of each API process. What is beyond is refused, and nothing that is open is closed for it."""

    sockets_of_account: int = 32
    """A window each, on some devices."""

    sockets_of_address: int = 200
    """Of those who have not said who they are, or are nobody: many may share an address."""

    feeds_of_account: int = 100
    """Three a window of the studio. Every feed looks at the database whenever anything changes."""

    operations_of_socket: int = 100
    """At work at once, feeds among them."""


class NoPlaceLeft(Exception):
    """A holder has as many as it may have."""


class Places:
    """Counts what each holder has. Of one event loop."""

    def __init__(self) -> None:
        self._taken: Counter[Hashable] = Counter()

    def take(self, holder: Hashable, places_max: int) -> "Place":
        """Take one place. Raises `NoPlaceLeft`."""
        self.add(holder, places_max)
        return Place(self, holder)

    def taken(self, holder: Hashable) -> int:
        """How many places a holder has."""
        return self._taken[holder]

    def add(self, holder: Hashable, places_max: int) -> None:
        """Count one more. Raises `NoPlaceLeft`."""
        if self.taken(holder) >= places_max:
            raise NoPlaceLeft()
        self._taken[holder] += 1

    def remove(self, holder: Hashable) -> None:
        """Count one less."""
        self._taken[holder] -= 1
        if not self._taken[holder]:
            # Nothing is kept of whoever has left.
            del self._taken[holder]


class Place:
    """One place, which may go over to another holder, and is given back."""

    def __init__(self, places: Places, holder: Hashable) -> None:
        self._places = places
        self._holder: Hashable | None = holder

    def hand_over(self, holder: Hashable, places_max: int) -> None:
        """Make it another holder's. Raises `NoPlaceLeft`, and it stays whose it was."""
        if self._holder is not None and holder != self._holder:
            self._places.add(holder, places_max)
            self._places.remove(self._holder)
            self._holder = holder

    def give_back(self) -> None:
        """Leave. May be repeated."""
        if self._holder is not None:
            self._places.remove(self._holder)
            self._holder = None
