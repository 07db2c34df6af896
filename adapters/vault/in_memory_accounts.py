"""Accounts, sessions and seen webhooks in dictionaries: for tests, with the same contract."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from uuid import UUID

from commands.ports.accounts import UNKNOWN_DEVICE, Account, Device, Session
from domain.kernel.personal_text import FreeText, PersonalText
from domain.kernel.role import Role
from domain.refusals import EmailTaken


class InMemoryAccounts:
    """The `Accounts` of commands, for one process. Safe to share between threads."""

    def __init__(self) -> None:
        self._accounts: dict[UUID, Account] = {}
        self._addresses: dict[UUID, str] = {}
        self._sessions: dict[bytes, tuple[UUID, datetime]] = {}
        self._webhooks: set[tuple[str, str]] = set()
        self._lock = Lock()

    def create(
        self,
        person_id: UUID,
        *,
        email: str,
        password_hash: str,
        at: datetime,
        role: Role = Role.CREATOR,
    ) -> None:
        """Open an account. Raises `EmailTaken`, and `ValueError` for a second address."""
        with self._lock:
            holder = self._holder(email)
            if holder not in (None, person_id):
                raise EmailTaken()
            if holder is None and person_id in self._accounts:
                raise ValueError("this person has an account with another address")
            if holder is None:
                self._accounts[person_id] = Account(person_id, role, password_hash)
                self._addresses[person_id] = email.strip()

    def find(self, person_id: UUID) -> Account | None:
        """The account of a person."""
        return self._accounts.get(person_id)

    def find_by_email(self, email: str) -> Account | None:
        """The account that signs in with this address."""
        holder = self._holder(email)
        return None if holder is None else self._accounts[holder]

    def email_of(self, person_id: UUID) -> FreeText | None:
        """The address, or None without an account."""
        address = self._addresses.get(person_id)
        return None if address is None else PersonalText(address)

    def replace_password_hash(
        self, person_id: UUID, password_hash: str, *, instead_of: str | None = None
    ) -> None:
        """Store another hash of the same password."""
        with self._lock:
            account = self._accounts.get(person_id)
            if account is not None and instead_of in (None, account.password_hash):
                self._accounts[person_id] = replace(account, password_hash=password_hash)

    def change_password(
        self, person_id: UUID, password_hash: str, *, instead_of: str, this: bytes
    ) -> int | None:
        """Store another hash and end every other session."""
        with self._lock:
            account = self._accounts.get(person_id)
            if account is None or account.password_hash != instead_of:
                return None
            self._accounts[person_id] = replace(account, password_hash=password_hash)
            others = [
                token
                for token, (whose, _) in self._sessions.items()
                if whose == person_id and token != this
            ]
            for token in others:
                del self._sessions[token]
        return len(others)

    def set_role(self, person_id: UUID, role: Role) -> None:
        """Change the role. Open sessions carry the new role from their next look-up on."""
        with self._lock:
            if person_id in self._accounts:
                self._accounts[person_id] = replace(self._accounts[person_id], role=role)

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
        """Remember a session under its token's SHA-256."""
        with self._lock:
            if proved_by not in (None, self._accounts[person_id].password_hash):
                return False
            self._sessions[token_sha256] = (person_id, expires_at)
        return True

    def sessions(self, tokens_sha256: Sequence[bytes], *, at: datetime) -> Mapping[bytes, Session]:
        """Those of the sessions that are open at `at`."""
        with self._lock:
            found = {
                token: self._sessions[token] for token in tokens_sha256 if token in self._sessions
            }
            return {
                token: Session(person_id, self._accounts[person_id].role, expires_at)
                for token, (person_id, expires_at) in found.items()
                if expires_at > at
            }

    def close_session(self, token_sha256: bytes) -> None:
        """Close one session at once. May be repeated."""
        with self._lock:
            self._sessions.pop(token_sha256, None)

    def remember_webhook(self, provider: str, webhook_id: str, *, at: datetime) -> bool:
        """Note that a webhook was acted on. False where it had been before."""
        with self._lock:
            is_new = (provider, webhook_id) not in self._webhooks
            self._webhooks.add((provider, webhook_id))
        return is_new

    def _holder(self, email: str) -> UUID | None:
        normal = email.strip().casefold()
        for person_id, address in self._addresses.items():
            if address.casefold() == normal:
                return person_id
        return None
