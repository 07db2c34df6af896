"""Links by which somebody sets a new password without the old one."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class PasswordLinks(Protocol):
    """For all processes together. Only who was sent a link knows its token: here is its SHA-256.

    Each call is its own transaction.
    """

    def open(
        self, token_sha256: bytes, *, person_id: UUID, at: datetime, expires_at: datetime
    ) -> None:
        """Remember a link under its token's SHA-256 (32 bytes). Others of the person stay."""
        ...

    def person(self, token_sha256: bytes, *, at: datetime) -> UUID | None:
        """Whose link this is. None for one that was used, is over, or never was."""
        ...

    def use(self, token_sha256: bytes, password_hash: str, *, at: datetime) -> UUID | None:
        """Set the password by a link, at most once; answers whose it is, None as `person` does.

        In the same transaction every session of the person ends, and every link.
        """
        ...
