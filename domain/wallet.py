"""The credits of one owner: nothing is overdrawn, taken twice, or made from nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.kernel.aggregate import Aggregate
from domain.price_list import Package
from domain.refusals import (
    AlreadyDecided,
    AmountNotPositive,
    CaptureTooLarge,
    InsufficientCredits,
    NotFound,
    PaymentMismatch,
    PromotionStillValid,
    PurchaseNotFound,
    TooManyOpenJobs,
    TooManyPurchases,
)
from domain.wallet_events import WalletEvents
from domain.wallet_state import (
    Account,
    Draw,
    Lot,
    Posting,
    Purchase,
    PurchaseFailure,
    PurchaseState,
    WalletState,
)

PURCHASES_OPEN_MAX = 20
"""Checkouts one owner may leave open: enough for a bad day, too few to fill a snapshot."""

JOBS_OPEN_MAX = 100
"""Jobs of one owner that are asked for and have not ended: a night's work, and no more than a queue
can bear of one person. Each has its reservation here, so this is where they are counted.
"""


class Wallet(WalletEvents, Aggregate):
    """Credits in whole millicredits: `credited = available + reserved + spent`, always."""

    TOPIC = "wallet"

    @classmethod
    def open(cls, id: UUID, *, owner_id: UUID, at: datetime) -> "Wallet":
        """An empty wallet."""
        return cls._create(cls.Opened, id=id, timestamp=at, owner_id=owner_id)

    def __init__(self) -> None:
        self.owner_id: UUID
        self._purchased = 0
        self._spent = 0
        self._lots: dict[UUID, Lot] = {}
        self._reservations: dict[UUID, tuple[Draw, ...]] = {}
        self._purchases: dict[UUID, Purchase] = {}

    @property
    def available(self) -> int:
        """Millicredits on the account `available`, with expired promotions that wait to go back."""
        return self._purchased + sum(lot.millicredits for lot in self._lots.values())

    @property
    def reserved(self) -> int:
        """Millicredits set aside for jobs."""
        return sum(_total(draws) for draws in self._reservations.values())

    @property
    def spent(self) -> int:
        """Millicredits captured for jobs."""
        return self._spent

    @property
    def lots(self) -> tuple[Lot, ...]:
        """Promotions in the order in which they are drawn: earliest expiry first."""
        return tuple(sorted(self._lots.values(), key=lambda lot: (lot.expires_at, lot.grant_id)))

    def spendable(self, *, at: datetime) -> int:
        """Millicredits that can be reserved now: `available` without expired promotions."""
        valid = (lot.millicredits for lot in self._lots.values() if lot.expires_at > at)
        return self._purchased + sum(valid)

    @property
    def jobs_with_reservations(self) -> tuple[UUID, ...]:
        """Jobs that hold credits, oldest first."""
        return tuple(self._reservations)

    def reserved_for(self, job_id: UUID) -> int:
        """Millicredits set aside for one job; 0 where none are."""
        return _total(self._reservations.get(job_id, ()))

    def purchase(self, purchase_id: UUID) -> Purchase:
        """Raises `PurchaseNotFound`."""
        purchase = self._purchases.get(purchase_id)
        if purchase is None:
            raise PurchaseNotFound()
        return purchase

    def start_purchase(
        self, purchase_id: UUID, package: Package, provider: str, *, at: datetime
    ) -> None:
        """Remember what is to be paid. Raises `AlreadyDecided`, `TooManyPurchases`."""
        if purchase_id in self._purchases:
            raise AlreadyDecided()
        started = [p for p in self._purchases.values() if p.state is PurchaseState.STARTED]
        if len(started) >= PURCHASES_OPEN_MAX:
            raise TooManyPurchases(PURCHASES_OPEN_MAX)
        self.trigger_event(
            Wallet.PurchaseStarted,
            purchase_id=purchase_id,
            package=package.id,
            millicredits=package.millicredits,
            price_minor_units=package.price_minor_units,
            currency=package.currency,
            provider=provider,
            timestamp=at,
        )

    def note_payment_hint(self, purchase_id: UUID, *, at: datetime) -> None:
        """A webhook came: have the provider asked. Nothing to do where it was credited already.

        Raises `PurchaseNotFound`.
        """
        if self.purchase(purchase_id).state is not PurchaseState.CREDITED:
            self.trigger_event(Wallet.PaymentHinted, purchase_id=purchase_id, timestamp=at)

    def confirm_purchase(
        self,
        purchase_id: UUID,
        payment_reference: str,
        amount_minor_units: int,
        currency: str,
        *,
        at: datetime,
    ) -> None:
        """Credit what was paid, once, on the provider's own word.

        A purchase that had failed can still be paid: the money was taken. Raises
        `PurchaseNotFound`, `AlreadyDecided`, `PaymentMismatch`.
        """
        purchase = self.purchase(purchase_id)
        if purchase.state is PurchaseState.CREDITED:
            raise AlreadyDecided()
        used = {p.payment_reference for p in self._purchases.values()}
        paid = (amount_minor_units, currency)
        if paid != (purchase.price_minor_units, purchase.currency):
            raise PaymentMismatch()
        if not payment_reference or payment_reference in used:
            raise PaymentMismatch()
        self.trigger_event(
            Wallet.Credited,
            purchase_id=purchase_id,
            payment_reference=payment_reference,
            millicredits=purchase.millicredits,
            postings=_moved(purchase.millicredits, Account.ISSUED, Account.AVAILABLE),
            timestamp=at,
        )

    def fail_purchase(self, purchase_id: UUID, reason: PurchaseFailure, *, at: datetime) -> None:
        """It was not paid. Raises `PurchaseNotFound`, `AlreadyDecided`."""
        if self.purchase(purchase_id).state is not PurchaseState.STARTED:
            raise AlreadyDecided()
        self.trigger_event(
            Wallet.PurchaseFailed, purchase_id=purchase_id, reason=reason, timestamp=at
        )

    def grant_promotion(
        self, grant_id: UUID, millicredits: int, expires_at: datetime, *, at: datetime
    ) -> None:
        """Give credits that expire.

        Raises `AmountNotPositive`, and `AlreadyDecided` where this grant was made before or its
        time is over.
        """
        _require_positive(millicredits)
        if grant_id in self._lots or expires_at <= at:
            raise AlreadyDecided()
        postings = _moved(millicredits, Account.PROMOTIONAL, Account.AVAILABLE)
        self.trigger_event(
            Wallet.Promoted,
            grant_id=grant_id,
            millicredits=millicredits,
            expires_at=expires_at,
            postings=postings,
            timestamp=at,
        )

    def expire_promotion(self, grant_id: UUID, *, at: datetime) -> None:
        """Take back what is left of a promotion whose time is over.

        What is reserved of it follows in a further call, once it has been released.
        Raises `NotFound`, `PromotionStillValid`, `AlreadyDecided` where nothing is left.
        """
        lot = self._lots.get(grant_id)
        if lot is None:
            raise NotFound()
        if lot.expires_at > at:
            raise PromotionStillValid()
        if lot.millicredits == 0:
            raise AlreadyDecided()
        postings = _moved(lot.millicredits, Account.AVAILABLE, Account.PROMOTIONAL)
        self.trigger_event(
            Wallet.PromotionExpired,
            grant_id=grant_id,
            millicredits=lot.millicredits,
            postings=postings,
            timestamp=at,
        )

    def reserve(self, job_id: UUID, millicredits: int, *, at: datetime) -> None:
        """Set credits aside for a job, promotions that expire first before all others.

        Raises `AmountNotPositive`, `AlreadyDecided`, `TooManyOpenJobs`, `InsufficientCredits`.
        """
        _require_positive(millicredits)
        if job_id in self._reservations:
            raise AlreadyDecided()
        if len(self._reservations) >= JOBS_OPEN_MAX:
            raise TooManyOpenJobs(JOBS_OPEN_MAX)
        spendable = self.spendable(at=at)
        if spendable < millicredits:
            raise InsufficientCredits(millicredits, spendable)
        sources = [Draw(lot.grant_id, lot.millicredits) for lot in self.lots if lot.expires_at > at]
        draws, _ = _split([*sources, Draw(None, self._purchased)], millicredits)
        postings = _moved(millicredits, Account.AVAILABLE, Account.RESERVED)
        self.trigger_event(
            Wallet.Reserved,
            job_id=job_id,
            millicredits=millicredits,
            draws=draws,
            postings=postings,
            timestamp=at,
        )

    def settle(self, job_id: UUID, capture_millicredits: int, *, at: datetime) -> None:
        """End a reservation: capture up to what is reserved, release the rest. Once per job.

        Raises `AlreadyDecided` where nothing is reserved, `CaptureTooLarge`, `AmountNotPositive`
        where the amount is negative.
        """
        draws = self._reservation(job_id)
        if capture_millicredits < 0:
            raise AmountNotPositive()
        if capture_millicredits > _total(draws):
            raise CaptureTooLarge(_total(draws), capture_millicredits)
        captured, rest = _split(draws, capture_millicredits)
        if captured:
            postings = _moved(_total(captured), Account.RESERVED, Account.REVENUE)
            self.trigger_event(
                Wallet.Captured,
                job_id=job_id,
                millicredits=_total(captured),
                draws=captured,
                postings=postings,
                timestamp=at,
            )
        if rest:
            postings = _moved(_total(rest), Account.RESERVED, Account.AVAILABLE)
            self.trigger_event(
                Wallet.Released,
                job_id=job_id,
                millicredits=_total(rest),
                draws=rest,
                postings=postings,
                timestamp=at,
            )

    def expire_reservation(self, job_id: UUID, *, at: datetime) -> None:
        """End a reservation whose job's deadline passed: all of it comes back.

        Raises `AlreadyDecided` where nothing is reserved.
        """
        draws = self._reservation(job_id)
        postings = _moved(_total(draws), Account.RESERVED, Account.AVAILABLE)
        self.trigger_event(
            Wallet.Expired,
            job_id=job_id,
            millicredits=_total(draws),
            draws=draws,
            postings=postings,
            timestamp=at,
        )

    def trigger_event(  # type: ignore[override]
        self, event_class: type[Aggregate.Event], *, timestamp: datetime, **fields: Any
    ) -> None:
        """As of every aggregate. Time runs forward in a ledger, also where a clock is set back."""
        super().trigger_event(event_class, timestamp=max(timestamp, self.modified_on), **fields)

    def snapshot_state(self) -> WalletState:
        """Everything but id and version."""
        return WalletState(
            created_on=self.created_on,
            modified_on=self.modified_on,
            owner_id=self.owner_id,
            purchased=self._purchased,
            spent=self._spent,
            lots=tuple(self._lots.values()),
            reservations=dict(self._reservations),
            purchases=dict(self._purchases),
        )

    @classmethod
    def from_snapshot(cls, id: UUID, version: int, state: WalletState) -> "Wallet":
        """The wallet as it was at `version`."""
        wallet = cls.__new__(cls)
        wallet.__base_init__(id, version, state.created_on)
        wallet.modified_on = state.modified_on
        wallet.owner_id = state.owner_id
        wallet._purchased = state.purchased
        wallet._spent = state.spent
        wallet._lots = {lot.grant_id: lot for lot in state.lots}
        wallet._reservations = dict(state.reservations)
        wallet._purchases = dict(state.purchases)
        return wallet

    def _reservation(self, job_id: UUID) -> tuple[Draw, ...]:
        draws = self._reservations.get(job_id)
        if draws is None:
            raise AlreadyDecided()
        return draws

    def _add(self, draws: Iterable[Draw]) -> None:
        for draw in draws:
            if draw.lot is None:
                self._purchased += draw.millicredits
            else:
                lot = self._lots[draw.lot]
                self._lots[draw.lot] = msgspec.structs.replace(
                    lot, millicredits=lot.millicredits + draw.millicredits
                )

    def _leave(self, job_id: UUID, captured: int) -> None:
        _, rest = _split(self._reservations[job_id], captured)
        if rest:
            self._reservations[job_id] = rest
        else:
            del self._reservations[job_id]


def _total(draws: Iterable[Draw]) -> int:
    return sum(draw.millicredits for draw in draws)


def _moved(millicredits: int, source: Account, target: Account) -> tuple[Posting, ...]:
    return (Posting(source, -millicredits), Posting(target, millicredits))


def _require_positive(millicredits: int) -> None:
    if millicredits <= 0:
        raise AmountNotPositive()


def _split(draws: Sequence[Draw], millicredits: int) -> tuple[tuple[Draw, ...], tuple[Draw, ...]]:
    """The first `millicredits` of the draws, in order, and the rest."""
    first: list[Draw] = []
    rest: list[Draw] = []
    for draw in draws:
        taken = min(draw.millicredits, millicredits - _total(first))
        if taken > 0:
            first.append(Draw(draw.lot, taken))
        if draw.millicredits > taken:
            rest.append(Draw(draw.lot, draw.millicredits - taken))
    return tuple(first), tuple(rest)
