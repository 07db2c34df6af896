"""Purchases and whether they were paid."""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.wallet import Wallet
from domain.wallet_state import PurchaseState
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

purchases = ReadModel("purchases")


@purchases.on(Wallet.PurchaseStarted)
def _started(event: Wallet.PurchaseStarted, fact: Fact) -> list[Change]:
    return [
        Change(
            """
            INSERT INTO purchases (owner_id, purchase_id, package, millicredits, price_minor_units,
                                   currency, provider, state, started_at, started_position,
                                   position)
            SELECT owner_id, purchase_id, package, millicredits, price_minor_units, currency,
                   provider, state, started_at, position, position
              FROM json_populate_recordset(NULL::purchases, %(rows)s)
            """,
            {
                "owner_id": fact.owner_id,
                "purchase_id": event.purchase_id,
                "package": event.package,
                "millicredits": event.millicredits,
                "price_minor_units": event.price_minor_units,
                "currency": event.currency,
                "provider": event.provider,
                "state": PurchaseState.STARTED.value,
                "started_at": event.timestamp,
                "position": fact.position,
            },
        )
    ]


@purchases.on(Wallet.Credited)
def _credited(event: Wallet.Credited, fact: Fact) -> list[Change]:
    # A purchase that had failed can still be paid.
    return [_ended(fact, event.purchase_id, event.timestamp, state=PurchaseState.CREDITED)]


@purchases.on(Wallet.PurchaseFailed)
def _failed(event: Wallet.PurchaseFailed, fact: Fact) -> list[Change]:
    return [
        _ended(
            fact,
            event.purchase_id,
            event.timestamp,
            state=PurchaseState.FAILED,
            reason=event.reason.value,
        )
    ]


def _ended(
    fact: Fact,
    purchase_id: UUID,
    at: datetime,
    *,
    state: PurchaseState,
    reason: str | None = None,
) -> Change:
    values: dict[str, Any] = {
        "owner_id": fact.owner_id,
        "purchase_id": purchase_id,
        "state": state.value,
        "failure_reason": reason,
        "ended_at": at,
        "position": fact.position,
    }
    return Change(
        """
        UPDATE purchases AS p
           SET state = c.state, failure_reason = c.failure_reason, ended_at = c.ended_at,
               position = c.position
          FROM json_populate_recordset(NULL::purchases, %(rows)s) AS c
         WHERE p.owner_id = c.owner_id AND p.purchase_id = c.purchase_id
        """,
        values,
    )
