"""Who a person is and whether they are an adult, as an outside provider found out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class ProviderDecision:
    """What the provider says now. `outcome` is its own word: the domain knows which one counts.

    `adult` comes from a document's date of birth and is None where the provider does not say.
    `country` is ISO 3166-1 alpha-2 ("XX" in the sandbox). `document_digest` is the provider's
    salted digest, so that one document can be recognised without being known.
    """

    outcome: str
    adult: bool | None = None
    country: str | None = None
    document_digest: str | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True)
class VerificationHint:
    """A webhook said that something changed. `owner_id` is what `start` was given."""

    webhook_id: str
    verification_id: UUID
    owner_id: UUID


class IdentityProvider(Protocol):
    """Checks documents on its own pages and calls back with hints."""

    @property
    def name(self) -> str:
        """The provider's stored name, such as "sandbox". The domain knows what it assures."""
        ...

    def start(self, verification_id: UUID, *, owner_id: UUID, return_url: str) -> str:
        """The URL to send the person to. The same `verification_id` again answers the same check.

        `owner_id` comes back in every hint. Raises `ProviderUnavailable`.
        """
        ...

    def decision(self, verification_id: UUID) -> ProviderDecision:
        """What the provider decided so far; outcome "pending" before it did. May be asked often.

        An id it does not know has the outcome "unknown". Raises `ProviderUnavailable`.
        """
        ...

    def verify_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> VerificationHint:
        """Check signature, then age where it has one, then form. Header names have no case.

        Raises `WebhookRefused`. A replayed webhook passes here: `Accounts.remember_webhook` and the
        idempotent hint command make it harmless.
        """
        ...
