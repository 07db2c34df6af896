"""Argon2id with the parameters OWASP names first for servers that also do other work."""

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19_456
ITERATIONS = 2
LANES = 1


class Argon2Passwords:
    """Hashes passwords; the `PasswordHasher` of commands. Safe to share between threads."""

    def __init__(self) -> None:
        self._argon2 = argon2.PasswordHasher(
            time_cost=ITERATIONS,
            memory_cost=MEMORY_KIB,
            parallelism=LANES,
            type=argon2.Type.ID,
        )

    def hash(self, password: str) -> str:
        """A self-describing hash with its own salt. Takes 19 MiB and some 20 ms."""
        return self._argon2.hash(password)

    def matches(self, password_hash: str, password: str) -> bool:
        """Whether the password is the one. False, not an exception, for a damaged hash."""
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's, or is none at all."""
        try:
            return self._argon2.check_needs_rehash(password_hash)
        except InvalidHashError:
            return True
