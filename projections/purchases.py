"""Purchases and whether they were paid."""

from datetime import datetime
from uuid import UUID

from domain.wallet import Wallet
from domain.wallet_state import PurchaseState
from projections.feed import wallet_changed
from projections.read_model import Change, ReadModel, inserted, updated
from projections.tables import PURCHASES
from topics.messages.fact import Fact

purchases = ReadModel("purchases")


@purchases.on(Wallet.PurchaseStarted)
def _started(event: Wallet.PurchaseStarted, fact: Fact) -> list[Change]:
    return [
        inserted(
            PURCHASES,
            fact,
            purchase_id=event.purchase_id,
            package=event.package,
            millicredits=event.millicredits,
            price_minor_units=event.price_minor_units,
            currency=event.currency,
            provider=event.provider,
            state=PurchaseState.STARTED.value,
            failure_reason=None,
            started_at=event.timestamp,
            ended_at=None,
            started_position=fact.position,
        ),
        wallet_changed(fact, event.purchase_id),
    ]


@purchases.on(Wallet.Credited)
def _credited(event: Wallet.Credited, fact: Fact) -> list[Change]:
    # A purchase that had failed can still be paid. The wallet says so in the feed.
    return [_ended(fact, event.purchase_id, event.timestamp, state=PurchaseState.CREDITED)]


@purchases.on(Wallet.PurchaseFailed)
def _failed(event: Wallet.PurchaseFailed, fact: Fact) -> list[Change]:
    failed = _ended(
        fact,
        event.purchase_id,
        event.timestamp,
        state=PurchaseState.FAILED,
        reason=event.reason.value,
    )
    return [failed, wallet_changed(fact, event.purchase_id)]


def _ended(
    fact: Fact,
    purchase_id: UUID,
    at: datetime,
    *,
    state: PurchaseState,
    reason: str | None = None,
) -> Change:
    return updated(
        PURCHASES,
        fact,
        purchase_id=purchase_id,
        state=state.value,
        failure_reason=reason,
        ended_at=at,
    )
