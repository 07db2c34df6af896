"""Addresses of ZIPs that somebody has asked for: what each is to hold, and whose it is."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

ARCHIVE_LIFETIME = timedelta(hours=24)
ARCHIVE_ITEMS_MAX = 1_000
"""As many as a selection has; their parameters are in memory while a ZIP is sent."""
ARCHIVES_OPEN_MAX = 20
"""Of one owner. The oldest gives way: whoever asks again and again fills no table."""


@dataclass(frozen=True)
class Archive:
    """What was asked for, newest item first. What may be seen of it is decided when it is sent."""

    owner_id: UUID
    asset_ids: tuple[UUID, ...] = field(repr=False)
    expires_at: datetime


class Archives(Protocol):
    """Open addresses, for all processes together. An address is known by its token's SHA-256."""

    def open(self, token_sha256: bytes, archive: Archive) -> None:
        """Remember a new address. Beyond `ARCHIVES_OPEN_MAX` the owner's oldest is forgotten."""
        ...

    def find(self, token_sha256: bytes, *, owner_id: UUID, at: datetime) -> Archive | None:
        """What stands behind an address. None for one that is over, or another owner's."""
        ...

    def complete(self, token_sha256: bytes) -> None:
        """It was downloaded: the address is over. May be repeated."""
        ...
