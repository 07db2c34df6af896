"""Where a person is signed in, and how that ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from commands.ports.accounts import Device


@dataclass(frozen=True)
class OpenSession:
    """One session as its person sees it. `is_this` is the one that asks."""

    session_id: UUID
    device: Device
    opened_at: datetime
    last_seen_at: datetime
    is_this: bool


class OpenSessions(Protocol):
    """Sessions by an id of their own. `this` is the SHA-256 of the asking session's token."""

    def of(
        self, person_id: UUID, *, this: bytes, at: datetime, limit: int
    ) -> Sequence[OpenSession]:
        """Those open at `at`: the one that asks first, then whoever was seen last."""
        ...

    def end(self, person_id: UUID, session_id: UUID) -> bool:
        """End one at once. False where the person has none of this id."""
        ...

    def end_others(self, person_id: UUID, *, this: bytes) -> int:
        """End all but one at once. Answers how many."""
        ...
