"""Money: a hosted checkout, and what the provider says about it afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class ProviderPayment:
    """What the provider says about one purchase now.

    `status` is its own word: "open", "paid", "failed", "declined", "cancelled", "expired", or
    anything else, which counts as open. `payment_reference` names the payment for ever; it is None
    until there is one.
    """

    status: str
    payment_reference: str | None
    amount_minor_units: int
    currency: str


@dataclass(frozen=True)
class PaymentHint:
    """A webhook said that something changed. `owner_id` is what `checkout` was given."""

    webhook_id: str
    purchase_id: UUID
    owner_id: UUID


class PaymentProvider(Protocol):
    """Takes payments on its own pages and calls back with hints."""

    @property
    def name(self) -> str:
        """The provider's stored name, such as "sandbox"."""
        ...

    def checkout(
        self,
        purchase_id: UUID,
        *,
        owner_id: UUID,
        amount_minor_units: int,
        currency: str,
        title: str,
        return_url: str,
    ) -> str:
        """The URL to send the person to. The same `purchase_id` again answers the same checkout.

        `owner_id` comes back in every hint. Raises `ProviderUnavailable`.
        """
        ...

    def payment(self, purchase_id: UUID) -> ProviderPayment:
        """What the provider knows now. May be asked often.

        An id it does not know has the status "unknown" and the amount 0. Raises
        `ProviderUnavailable`.
        """
        ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentHint:
        """Check signature, then age, then form. Header names are compared without case.

        Raises `WebhookRefused`. A replayed webhook passes here, as at the identity provider.
        """
        ...
