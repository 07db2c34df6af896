"""Owners who are at work elsewhere: their turn is waited for once, and not for each report."""

from collections.abc import Callable
from uuid import UUID

AGAIN_S = 1.0
"""Where it was not said how long to leave an owner alone."""


class BusyOwners:
    """Remembers whom to leave alone. Everybody else's reports wait while a turn is waited for.

    `owner_of` answers whose aggregate it is that a report is about. Used by one thread.
    """

    def __init__(
        self, owner_of: Callable[[UUID], UUID | None], monotonic_s: Callable[[], float]
    ) -> None:
        self._owner_of = owner_of
        self._monotonic_s = monotonic_s
        self._until_s: dict[UUID, float] = {}

    def note(self, about: UUID, busy: Exception) -> float:
        """The owner of this had no turn for us. Answers for how long to leave them alone."""
        again_s: float = getattr(busy, "retry_after_s", AGAIN_S)
        owner = self._owner_of(about)
        if owner is not None:
            self._until_s[owner] = self._monotonic_s() + again_s
        return again_s

    def for_s(self, about: UUID) -> float | None:
        """For how long the owner of this is still to be left alone; None if not at all."""
        now_s = self._monotonic_s()
        self._until_s = {owner: until for owner, until in self._until_s.items() if until > now_s}
        # Whose it is has to be asked only while there is somebody to leave alone.
        owner = self._owner_of(about) if self._until_s else None
        until_s = None if owner is None else self._until_s.get(owner)
        return None if until_s is None else until_s - now_s
