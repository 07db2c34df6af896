"""The vault: who may sign in, and which webhooks were seen. Personal data, so never events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.kernel.personal_text import FreeText
from domain.kernel.role import Role

SEEN_EVERY = timedelta(minutes=5)
"""A session that is used is noted to have been so often, and not at every request."""


@dataclass(frozen=True)
class Device:
    """What somebody signed in with, as far as it said: such as "Firefox" and "Linux"."""

    browser: str | None = None
    system: str | None = None


UNKNOWN_DEVICE = Device()


@dataclass(frozen=True)
class Account:
    """One sign-in. `password_hash` is a full Argon2id string, kept out of `repr`."""

    person_id: UUID
    role: Role
    password_hash: str = field(repr=False)


@dataclass(frozen=True)
class Session:
    """An open session. Only its holder knows the token: the vault keeps the token's SHA-256."""

    person_id: UUID
    role: Role
    expires_at: datetime


class Accounts(Protocol):
    """Accounts, sessions and seen webhooks. Each call is its own transaction.

    E-mail addresses are compared after `strip()` and `casefold()`, through a keyed digest: the
    address itself is stored sealed.
    """

    def create(
        self,
        person_id: UUID,
        *,
        email: str,
        password_hash: str,
        at: datetime,
        role: Role = Role.CREATOR,
    ) -> None:
        """Open an account. The same person with the same address again changes nothing.

        Raises `EmailTaken` where the address belongs to another person.
        """
        ...

    def find(self, person_id: UUID) -> Account | None:
        """The account of a person."""
        ...

    def find_by_email(self, email: str) -> Account | None:
        """The account that signs in with this address."""
        ...

    def email_of(self, person_id: UUID) -> FreeText | None:
        """The address for its owner's own page; `Erased` after erasure, None without an account."""
        ...

    def replace_password_hash(
        self, person_id: UUID, password_hash: str, *, instead_of: str | None = None
    ) -> None:
        """Store another hash of the same password, for other Argon2 parameters.

        With `instead_of` only where that is still the hash: a password may change meanwhile.
        """
        ...

    def change_password(
        self, person_id: UUID, password_hash: str, *, instead_of: str, this: bytes
    ) -> int | None:
        """Store the hash of another password, in one transaction with what that ends.

        Every session but `this`, the SHA-256 of its token, and every link that sets a password.
        Answers how many sessions ended; None, with nothing done, where `instead_of` is not the
        hash any more: whoever proved the password of before has proved nothing.
        """
        ...

    def set_role(self, person_id: UUID, role: Role) -> None:
        """Change the role. Open sessions carry the new role from their next look-up on."""
        ...

    def open_session(
        self,
        token_sha256: bytes,
        *,
        person_id: UUID,
        at: datetime,
        expires_at: datetime,
        device: Device = UNKNOWN_DEVICE,
        proved_by: str | None = None,
    ) -> bool:
        """Remember a session under its token's SHA-256 (32 bytes).

        `proved_by` is the password's hash that was found right. False, and nothing remembered,
        where the account has another one meanwhile: a change of password ends what was before it.
        """
        ...

    def sessions(self, tokens_sha256: Sequence[bytes], *, at: datetime) -> Mapping[bytes, Session]:
        """Those of the sessions that are open at `at`: not expired, not closed.

        Notes that they were seen, of each at most once in `SEEN_EVERY`.
        """
        ...

    def close_session(self, token_sha256: bytes) -> None:
        """Close one session at once. May be repeated."""
        ...

    def remember_webhook(self, provider: str, webhook_id: str, *, at: datetime) -> bool:
        """Note that a webhook was acted on. False where it had been before.

        Called after the hint's command is recorded: that command's key comes from the webhook's id,
        so that a crash between the two repeats nothing.
        """
        ...
