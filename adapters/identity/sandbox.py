"""An identity provider that behaves like a real one and checks nothing: assurance `SANDBOX`.

`start` answers a hosted page; what is chosen there is kept in a file, a signed webhook hints at it,
and `decision` reads it. Every process with the same folder and secret is the same provider.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from adapters.webhooks.outbox import Webhook
from adapters.webhooks.sandbox_provider import SandboxProvider
from commands.ports.identity_provider import ProviderDecision, VerificationHint

COUNTRY = "XX"
VALIDITY = timedelta(days=365)
_TABLE = """
create table if not exists verifications (
    verification_id text primary key,
    owner_id text not null,
    return_url text not null,
    token text not null,
    choice text,
    decided_at_s integer
)
"""


class SandboxChoice(StrEnum):
    """The buttons of the hosted page."""

    APPROVED = "approved"
    UNDER_AGE = "under-age"
    DECLINED = "declined"
    RESUBMISSION = "resubmission"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SandboxVerification:
    """One check as its page sees it."""

    verification_id: UUID
    owner_id: UUID
    return_url: str
    choice: SandboxChoice | None


class SandboxIdentity(SandboxProvider):
    """Implements `commands.ports.identity_provider.IdentityProvider`."""

    database_name = "identity.sqlite3"
    table = _TABLE

    def start(self, verification_id: UUID, *, owner_id: UUID, return_url: str) -> str:
        """See the port."""
        with self._database.connect() as connection:
            connection.execute(
                "insert into verifications (verification_id, owner_id, return_url, token)"
                " values (?, ?, ?, ?) on conflict do nothing",
                (str(verification_id), str(owner_id), return_url, secrets.token_urlsafe(24)),
            )
            (token,) = connection.execute(
                "select token from verifications where verification_id = ?",
                (str(verification_id),),
            ).fetchone()
        return f"{self._public_url}/{verification_id}?token={token}"

    def decision(self, verification_id: UUID) -> ProviderDecision:
        """See the port."""
        with self._database.connect() as connection:
            row = connection.execute(
                "select owner_id, choice, decided_at_s from verifications"
                " where verification_id = ?",
                (str(verification_id),),
            ).fetchone()
        if row is None:
            return ProviderDecision("unknown")
        owner_id, choice, decided_at_s = row
        if choice is None:
            return ProviderDecision("pending")
        if choice not in (SandboxChoice.APPROVED, SandboxChoice.UNDER_AGE):
            return ProviderDecision(choice)
        return ProviderDecision(
            "approved",
            adult=choice == SandboxChoice.APPROVED,
            country=COUNTRY,
            # Everybody in the sandbox has one document, which is recognised when it comes again.
            document_digest=hmac.new(self._secret, owner_id.encode(), hashlib.sha256).hexdigest(),
            valid_until=datetime.fromtimestamp(decided_at_s, UTC) + VALIDITY,
        )

    def verify_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> VerificationHint:
        """See the port."""
        webhook = self._believed(headers, body, now)
        return VerificationHint(str(webhook.webhook_id), webhook.subject_id, webhook.owner_id)

    def verification(self, verification_id: UUID, token: str) -> SandboxVerification | None:
        """The check behind a page's address; None for a wrong id and a wrong token alike."""
        with self._database.connect() as connection:
            row = connection.execute(
                "select owner_id, return_url, token, choice from verifications"
                " where verification_id = ?",
                (str(verification_id),),
            ).fetchone()
        if row is None or not secrets.compare_digest(row[2].encode(), token.encode()):
            return None
        choice = None if row[3] is None else SandboxChoice(row[3])
        return SandboxVerification(verification_id, UUID(row[0]), row[1], choice)

    def decide(self, verification: SandboxVerification, choice: SandboxChoice) -> None:
        """Keep a choice together with its webhook. Choosing again replaces the choice."""
        webhook = Webhook(uuid4(), verification.verification_id, verification.owner_id)
        with self._database.connect() as connection:
            connection.execute(
                "update verifications set choice = ?, decided_at_s = ? where verification_id = ?",
                (choice, int(self._clock().timestamp()), str(verification.verification_id)),
            )
            self._outbox.queue(connection, webhook)
