"""A signed webhook says that a payment changed. That is a reason to ask, not an answer."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.work import Work
from domain.kernel.identity import wallet_id
from domain.wallet import Wallet


@dataclass(frozen=True)
class NotePaymentHint:
    """The hint is about this purchase, and says nothing about its outcome."""

    purchase_id: UUID


def payment_hint_key(purchase_id: UUID, webhook_id: str) -> UUID:
    """A webhook that is delivered or replayed again is the same command."""
    return uuid5(purchase_id, f"webhook:{webhook_id}")


def handle(command: NotePaymentHint, work: Work) -> None:
    """Record the hint, upon which the reactor fetches the payment from the provider.

    Raises `PurchaseNotFound` for a purchase this wallet never started.
    """
    wallet = work.load(Wallet, wallet_id(work.owner_id))
    wallet.note_payment_hint(command.purchase_id, at=work.now)
    work.save(wallet)
