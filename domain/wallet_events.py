"""What can have happened to a wallet, and what each event changes in it."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.kernel.aggregate import Aggregate
from domain.wallet_state import (
    Draw,
    Lot,
    Posting,
    Purchase,
    PurchaseFailure,
    PurchaseState,
)

if TYPE_CHECKING:
    from domain.wallet import Wallet


class WalletEvents:
    """The events of a `Wallet`."""

    class Opened(Aggregate.Created):
        """An owner has a wallet."""

        TOPIC = "wallet.opened"
        owner_id: UUID

        def apply(self, wallet: "Wallet") -> None:
            wallet.owner_id = self.owner_id

    class PurchaseStarted(Aggregate.Event):
        """The owner went to a checkout."""

        TOPIC = "wallet.purchase-started"
        purchase_id: UUID
        package: str
        millicredits: int
        price_minor_units: int
        currency: str
        provider: str

        def apply(self, wallet: "Wallet") -> None:
            wallet._purchases[self.purchase_id] = Purchase(
                PurchaseState.STARTED, self.millicredits, self.price_minor_units, self.currency
            )

    class PaymentHinted(Aggregate.Event):
        """Somebody says that something happened to a payment: ask the provider."""

        TOPIC = "wallet.payment-hinted"
        purchase_id: UUID

    class Credited(Aggregate.Event):
        """A payment was confirmed by the provider itself."""

        TOPIC = "wallet.credited"
        purchase_id: UUID
        payment_reference: str
        millicredits: int
        postings: tuple[Posting, ...]

        def apply(self, wallet: "Wallet") -> None:
            wallet._purchased += self.millicredits
            wallet._purchases[self.purchase_id] = msgspec.structs.replace(
                wallet._purchases[self.purchase_id],
                state=PurchaseState.CREDITED,
                payment_reference=self.payment_reference,
            )

    class PurchaseFailed(Aggregate.Event):
        """The provider says that this purchase was not paid."""

        TOPIC = "wallet.purchase-failed"
        purchase_id: UUID
        reason: PurchaseFailure

        def apply(self, wallet: "Wallet") -> None:
            wallet._purchases[self.purchase_id] = msgspec.structs.replace(
                wallet._purchases[self.purchase_id], state=PurchaseState.FAILED
            )

    class Promoted(Aggregate.Event):
        """Credits that were given, not sold; what is left of them at `expires_at` goes back."""

        TOPIC = "wallet.promoted"
        grant_id: UUID
        millicredits: int
        expires_at: datetime
        postings: tuple[Posting, ...]

        def apply(self, wallet: "Wallet") -> None:
            wallet._lots[self.grant_id] = Lot(self.grant_id, self.millicredits, self.expires_at)

    class PromotionExpired(Aggregate.Event):
        """What was left of a promotion went back."""

        TOPIC = "wallet.promotion-expired"
        grant_id: UUID
        millicredits: int
        postings: tuple[Posting, ...]

        def apply(self, wallet: "Wallet") -> None:
            wallet._add([Draw(self.grant_id, -self.millicredits)])

    class Reserved(Aggregate.Event):
        """Credits were set aside for a job."""

        TOPIC = "wallet.reserved"
        job_id: UUID
        millicredits: int
        draws: tuple[Draw, ...]
        postings: tuple[Posting, ...]

        def apply(self, wallet: "Wallet") -> None:
            wallet._add(Draw(draw.lot, -draw.millicredits) for draw in self.draws)
            wallet._reservations[self.job_id] = self.draws

    class Captured(Aggregate.Event):
        """A job was charged, from what was reserved for it."""

        TOPIC = "wallet.captured"
        job_id: UUID
        millicredits: int
        draws: tuple[Draw, ...]
        postings: tuple[Posting, ...]

        def apply(self, wallet: "Wallet") -> None:
            wallet._spent += self.millicredits
            wallet._leave(self.job_id, self.millicredits)

    class Released(Aggregate.Event):
        """What a job did not cost came back."""

        TOPIC = "wallet.released"
        job_id: UUID
        millicredits: int
        draws: tuple[Draw, ...]
        postings: tuple[Posting, ...]

        def apply(self, wallet: "Wallet") -> None:
            wallet._add(self.draws)
            del wallet._reservations[self.job_id]

    class Expired(Aggregate.Event):
        """All that was reserved came back, since the job's deadline passed."""

        TOPIC = "wallet.expired"
        job_id: UUID
        millicredits: int
        draws: tuple[Draw, ...]
        postings: tuple[Posting, ...]

        def apply(self, wallet: "Wallet") -> None:
            wallet._add(self.draws)
            del wallet._reservations[self.job_id]
