"""Providers that say what a program has them say."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from commands.ports.identity_provider import ProviderDecision, VerificationHint
from commands.ports.payment_provider import PaymentHint, ProviderPayment
from commands.ports.webhooks import ProviderUnavailable

DOCUMENT_VALID_UNTIL = datetime(2036, 1, 1, tzinfo=UTC)


class ScriptedProviders:
    """What both providers know, and whether they can be reached."""

    def __init__(self) -> None:
        self.is_down = False
        self.payments: dict[UUID, ProviderPayment] = {}
        self.decisions: dict[UUID, ProviderDecision] = {}

    def pays(self, purchase: UUID, status: str, amount: int, currency: str) -> None:
        """The first of what happens to a purchase stays."""
        reference = f"scripted-{purchase}" if status == "paid" else None
        payment = ProviderPayment(status, reference, amount, currency)
        self.payments.setdefault(purchase, payment)

    def decides(self, verification: UUID, outcome: str, *, adult: bool | None) -> None:
        """The first decision of a check stays."""
        decision = ProviderDecision(outcome, adult, country="XX", valid_until=DOCUMENT_VALID_UNTIL)
        self.decisions.setdefault(verification, decision)

    def require_up(self) -> None:
        """Raises `ProviderUnavailable` while they are down."""
        if self.is_down:
            raise ProviderUnavailable()


class ScriptedPayment:
    """Implements `commands.ports.payment_provider.PaymentProvider`, as far as reactors ask."""

    name = "sandbox"

    def __init__(self, providers: ScriptedProviders) -> None:
        self._providers = providers

    def payment(self, purchase_id: UUID) -> ProviderPayment:
        """See the port."""
        self._providers.require_up()
        return self._providers.payments.get(purchase_id, ProviderPayment("unknown", None, 0, "XXX"))

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
        """No reactor asks for a page."""
        raise NotImplementedError

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> PaymentHint:
        """No reactor reads webhooks."""
        raise NotImplementedError


class ScriptedIdentity:
    """Implements `commands.ports.identity_provider.IdentityProvider`, as far as reactors ask."""

    name = "sandbox"

    def __init__(self, providers: ScriptedProviders) -> None:
        self._providers = providers

    def decision(self, verification_id: UUID) -> ProviderDecision:
        """See the port."""
        self._providers.require_up()
        return self._providers.decisions.get(verification_id, ProviderDecision("pending"))

    def start(self, verification_id: UUID, *, owner_id: UUID, return_url: str) -> str:
        """No reactor asks for a page."""
        raise NotImplementedError

    def verify_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> VerificationHint:
        """No reactor reads webhooks."""
        raise NotImplementedError
