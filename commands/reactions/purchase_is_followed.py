"""Purchase begun → ask the provider about it by and by, whether or not a webhook comes."""

from uuid import UUID

from commands.reactions.deeds import FollowPurchase, RefetchPayment
from commands.reactions.reaction import Intended
from domain.time_limits import ASKED_FIRST_AFTER, EXPIRED_PURCHASE_LAST_ASKED_AFTER
from domain.wallet import Wallet
from domain.wallet_state import PurchaseFailure


def react(event: Wallet.PurchaseStarted, owner_id: UUID) -> tuple[Intended, ...]:
    """A webhook may be lost; a page may be left."""
    deed = FollowPurchase(event.purchase_id, since=event.timestamp)
    return (Intended(deed, due_at=event.timestamp + ASKED_FIRST_AFTER),)


def after_expiry(event: Wallet.PurchaseFailed, owner_id: UUID) -> tuple[Intended, ...] | None:
    """It was we who gave up, not the provider: a payment that came later still counts."""
    if event.reason is not PurchaseFailure.EXPIRED:
        return None
    due_at = event.timestamp + EXPIRED_PURCHASE_LAST_ASKED_AFTER
    return (Intended(RefetchPayment(event.purchase_id, since=due_at), due_at=due_at),)
