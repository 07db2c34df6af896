"""Who is there to draw and to judge, as far as whoever asks for something has to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from domain.engines.availability import AtHand


@dataclass(frozen=True)
class Presence:
    """How many are there now, and when somebody last was; None for never."""

    alive: int = 0
    last_at: datetime | None = None


NEVER = Presence()


@dataclass(frozen=True)
class Attendance:
    """By engine, who can draw with it and who can judge what it draws; and anybody at all.

    `documents`: whether whoever checks identities here looks at documents.
    """

    draws: Mapping[str, Presence] = field(default_factory=lambda: MappingProxyType({}))
    judges: Mapping[str, Presence] = field(default_factory=lambda: MappingProxyType({}))
    workers: Presence = NEVER
    screeners: Presence = NEVER
    documents: bool = False


NOBODY = Attendance()


def at_hand(attendance: Attendance, engine: str, *, has_policy: bool) -> AtHand:
    """Who is there for one engine."""
    draws = attendance.draws.get(engine, NEVER)
    judges = attendance.judges.get(engine, NEVER)
    return AtHand(
        draws.alive,
        draws.last_at,
        judges.alive,
        judges.last_at,
        has_policy,
        attendance.documents,
    )


class AttendanceBook(Protocol):
    """Where it is written who is there."""

    def now(self) -> Attendance:
        """As it was at most a few seconds ago. Safe to call from many threads."""
        ...


class EmptyBook:
    """Nobody was ever there: what a process asks that opens no jobs."""

    def now(self) -> Attendance:
        """See `AttendanceBook.now`."""
        return NOBODY
