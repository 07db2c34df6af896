"""The payment provider confirmed a payment: its credits arrive, once."""

from dataclasses import dataclass
from uuid import UUID, uuid5

import msgspec

from commands.work import Work
from domain.kernel.identity import wallet_id
from domain.wallet import Wallet
from domain.wallet_state import PurchaseState


@dataclass(frozen=True)
class ConfirmPayment:
    """What the provider said was paid, fetched from the provider itself."""

    purchase_id: UUID
    payment_reference: str
    amount_minor_units: int
    currency: str


class PaymentConfirmed(msgspec.Struct, frozen=True):
    """The purchase is credited, now or since before."""

    purchase_id: UUID


def confirm_payment_key(purchase_id: UUID, payment_reference: str) -> UUID:
    """However many hints there are, one payment is confirmed by one command."""
    return uuid5(purchase_id, f"paid:{payment_reference}")


def handle(command: ConfirmPayment, work: Work) -> PaymentConfirmed:
    """Credit a purchase, once. Raises `PurchaseNotFound`, `PaymentMismatch`, `AlreadyDecided`.

    `AlreadyDecided` means that another payment was taken for it, which a person has to look at.
    """
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    purchase = wallet.purchase(command.purchase_id)
    credited = purchase.state is PurchaseState.CREDITED
    if not (credited and purchase.payment_reference == command.payment_reference):
        wallet.confirm_purchase(
            command.purchase_id,
            command.payment_reference,
            command.amount_minor_units,
            command.currency,
            at=work.now,
        )
        work.save(wallet)
    return PaymentConfirmed(command.purchase_id)
