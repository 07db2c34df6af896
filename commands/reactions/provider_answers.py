"""What a provider's answer means: the command that records it, and the key it is recorded under."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.account.record_verification import RecordVerification
from commands.ports.identity_provider import ProviderDecision
from commands.ports.payment_provider import ProviderPayment
from commands.wallet.confirm_payment import ConfirmPayment, confirm_payment_key
from commands.wallet.fail_purchase import FailPurchase, fail_purchase_key
from domain.person import FINAL_OUTCOMES, VerificationOutcome
from domain.wallet_state import PurchaseFailure

_FAILURES = {
    "failed": PurchaseFailure.DECLINED,
    "declined": PurchaseFailure.DECLINED,
    "cancelled": PurchaseFailure.CANCELLED,
    "expired": PurchaseFailure.EXPIRED,
}


@dataclass(frozen=True)
class ProviderAnswer:
    """A command and its idempotency key. The same answer again is the same command."""

    command: RecordVerification | ConfirmPayment | FailPurchase
    key: UUID

    @property
    def is_final(self) -> bool:
        """Whether the provider will say nothing else. A check may be begun again in its page."""
        if isinstance(self.command, RecordVerification):
            return self.command.outcome in FINAL_OUTCOMES
        return True


def verification_answer(
    verification_id: UUID, decision: ProviderDecision, *, cause: UUID
) -> ProviderAnswer | None:
    """What a decision asks us to record; None while the provider has not decided.

    `cause` is the key of the intent that asks. An answer that differs in anything from an earlier
    one is another command, so all of it is part of the key: under the same key it would be refused,
    and whoever follows the check would take that for its end.
    """
    if decision.outcome == "pending":
        return None
    command = RecordVerification(
        verification_id=verification_id,
        outcome=decision.outcome,
        adult=decision.adult,
        country=decision.country,
        document_digest=decision.document_digest,
        valid_until=decision.valid_until,
    )
    said = (decision.outcome, decision.adult, decision.country, decision.document_digest)
    return ProviderAnswer(command, uuid5(cause, f"decision:{said}:{decision.valid_until}"))


def verification_expired(verification_id: UUID) -> ProviderAnswer:
    """What is recorded of a check that nobody ended in its time."""
    command = RecordVerification(verification_id, VerificationOutcome.EXPIRED.value)
    return ProviderAnswer(command, uuid5(verification_id, "time-is-over"))


def payment_answer(purchase_id: UUID, payment: ProviderPayment) -> ProviderAnswer | None:
    """What a payment asks us to record; None while nothing is decided, or the word is unknown."""
    if payment.status == "paid" and payment.payment_reference is not None:
        confirmed = ConfirmPayment(
            purchase_id=purchase_id,
            payment_reference=payment.payment_reference,
            amount_minor_units=payment.amount_minor_units,
            currency=payment.currency,
        )
        return ProviderAnswer(
            confirmed, confirm_payment_key(purchase_id, payment.payment_reference)
        )
    reason = _FAILURES.get(payment.status)
    if reason is None:
        return None
    failed = FailPurchase(purchase_id=purchase_id, reason=reason)
    return ProviderAnswer(failed, fail_purchase_key(purchase_id, reason))


def purchase_expired(purchase_id: UUID) -> ProviderAnswer:
    """What is recorded of a purchase that nobody paid in its time."""
    reason = PurchaseFailure.EXPIRED
    return ProviderAnswer(
        FailPurchase(purchase_id=purchase_id, reason=reason), fail_purchase_key(purchase_id, reason)
    )
