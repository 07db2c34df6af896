"""The payment provider says that nothing was or will be paid."""

from dataclasses import dataclass
from uuid import UUID, uuid5

import msgspec

from commands.work import Work
from domain.kernel.identity import wallet_id
from domain.wallet import Wallet
from domain.wallet_state import PurchaseFailure, PurchaseState


@dataclass(frozen=True)
class FailPurchase:
    """`reason` is in our words, not the provider's."""

    purchase_id: UUID
    reason: PurchaseFailure


class PurchaseFailed(msgspec.Struct, frozen=True):
    """The purchase is over without credits, now or since before."""

    purchase_id: UUID


def fail_purchase_key(purchase_id: UUID, reason: PurchaseFailure) -> UUID:
    """However many hints there are, one outcome is recorded by one command."""
    return uuid5(purchase_id, f"failed:{reason}")


def handle(command: FailPurchase, work: Work) -> PurchaseFailed:
    """Close a purchase. Raises `PurchaseNotFound`, and `AlreadyDecided` where it was credited."""
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    if wallet.purchase(command.purchase_id).state is not PurchaseState.FAILED:
        wallet.fail_purchase(command.purchase_id, command.reason, at=work.now)
        work.save(wallet)
    return PurchaseFailed(command.purchase_id)
