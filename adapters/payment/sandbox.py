"""A payment provider that behaves like a real one and moves no money.

`checkout` answers a hosted page; what happens there is kept in a file, a signed webhook hints at
it, and `payment` reads it. Every process with the same folder and secret is the same provider.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4, uuid5

from adapters.webhooks.outbox import Webhook
from adapters.webhooks.sandbox_provider import SandboxProvider
from commands.ports.payment_provider import PaymentHint, ProviderPayment

_PAYMENTS = UUID("6c3a7c52-0f34-4f57-9b52-5b3fb3bd9c7e")
_TABLE = """
create table if not exists checkouts (
    purchase_id text primary key,
    owner_id text not null,
    amount_minor_units integer not null,
    currency text not null,
    title text not null,
    return_url text not null,
    token text not null,
    status text not null default 'open'
)
"""


class CheckoutStatus(StrEnum):
    """Where a checkout is. The first of the last three to come stays."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class SandboxCheckout:
    """One checkout as its page sees it."""

    purchase_id: UUID
    owner_id: UUID
    amount_minor_units: int
    currency: str
    title: str
    return_url: str
    status: CheckoutStatus


class SandboxPayment(SandboxProvider):
    """Implements `commands.ports.payment_provider.PaymentProvider`."""

    database_name = "payment.sqlite3"
    table = _TABLE

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
        """See the port."""
        with self._database.connect() as connection:
            connection.execute(
                "insert into checkouts (purchase_id, owner_id, amount_minor_units, currency,"
                " title, return_url, token) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
                (
                    str(purchase_id),
                    str(owner_id),
                    amount_minor_units,
                    currency,
                    title,
                    return_url,
                    secrets.token_urlsafe(24),
                ),
            )
            (token,) = connection.execute(
                "select token from checkouts where purchase_id = ?", (str(purchase_id),)
            ).fetchone()
        return f"{self._public_url}/{purchase_id}?token={token}"

    def payment(self, purchase_id: UUID) -> ProviderPayment:
        """See the port."""
        with self._database.connect() as connection:
            row = connection.execute(
                "select status, amount_minor_units, currency from checkouts where purchase_id = ?",
                (str(purchase_id),),
            ).fetchone()
        if row is None:
            return ProviderPayment("unknown", None, 0, "XXX")
        status, amount_minor_units, currency = row
        is_paid = status == CheckoutStatus.PAID
        reference = f"sandbox-{uuid5(_PAYMENTS, str(purchase_id)).hex}" if is_paid else None
        return ProviderPayment(status, reference, amount_minor_units, currency)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentHint:
        """See the port."""
        webhook = self._believed(headers, body, now)
        return PaymentHint(str(webhook.webhook_id), webhook.subject_id, webhook.owner_id)

    def find_checkout(self, purchase_id: UUID, token: str) -> SandboxCheckout | None:
        """The checkout behind a page's address; None for a wrong id and a wrong token alike."""
        with self._database.connect() as connection:
            row = connection.execute(
                "select owner_id, amount_minor_units, currency, title, return_url, status, token"
                " from checkouts where purchase_id = ?",
                (str(purchase_id),),
            ).fetchone()
        if row is None or not secrets.compare_digest(row[6].encode(), token.encode()):
            return None
        owner_id, amount_minor_units, currency, title, return_url, status, _ = row
        return SandboxCheckout(
            purchase_id,
            UUID(owner_id),
            amount_minor_units,
            currency,
            title,
            return_url,
            CheckoutStatus(status),
        )

    def close(self, checkout: SandboxCheckout, status: CheckoutStatus) -> None:
        """End an open checkout and keep the webhook that tells it. An ended one stays as it is."""
        webhook = Webhook(uuid4(), checkout.purchase_id, checkout.owner_id)
        with self._database.connect() as connection:
            closed = connection.execute(
                "update checkouts set status = ? where purchase_id = ? and status = 'open'",
                (status, str(checkout.purchase_id)),
            )
            if closed.rowcount == 1:
                self._outbox.queue(connection, webhook)
