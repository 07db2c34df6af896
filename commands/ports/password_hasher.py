"""Passwords: slow to hash on purpose, so never hashed on the event loop."""

from typing import Protocol


class PasswordHasher(Protocol):
    """Argon2id. Each call takes tens of milliseconds and tens of megabytes."""

    def hash(self, password: str) -> str:
        """A self-describing hash with its own salt."""
        ...

    def matches(self, password_hash: str, password: str) -> bool:
        """Whether the password is the one. False, not an exception, for a damaged hash."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        ...
