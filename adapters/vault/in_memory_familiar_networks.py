"""Familiar networks in a dictionary: for tests, with the same contract."""

from datetime import datetime


class InMemoryFamiliarNetworks:
    """The `FamiliarNetworks` of commands, for one process."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], datetime] = {}

    def remember(self, email: str, network: str, *, until: datetime) -> None:
        """Somebody has signed in from there. The later time counts."""
        place = (email.casefold(), network)
        self._until[place] = max(until, self._until.get(place, until))

    def is_familiar(self, email: str, network: str, *, at: datetime) -> bool:
        """Whether somebody had signed in from there."""
        until = self._until.get((email.casefold(), network))
        return until is not None and until > at
