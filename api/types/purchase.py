"""A purchase of credits, and what became of it."""

from datetime import datetime

import strawberry

from api.ids import global_id
from api.scalars import Millicredits, Position
from api.types.enums import PurchaseFailure, PurchaseState
from api.types.node import Node
from queries.wallet.purchases import Purchase as PurchaseRow


@strawberry.type(description="One purchase of credits.")
class Purchase(Node):
    package: str
    credits: Millicredits = strawberry.field(description="What it brings once it is paid.")
    price_minor_units: int
    currency: str
    state: PurchaseState
    failure: PurchaseFailure | None = strawberry.field(
        description="Why it was not paid. Null unless it failed; a late payment takes it back."
    )
    started_at: datetime
    ended_at: datetime | None
    position: Position


def purchase(row: PurchaseRow) -> Purchase:
    """The purchase of a row."""
    return Purchase(
        id=global_id("Purchase", row.purchase_id),
        package=row.package,
        credits=Millicredits(row.millicredits),
        price_minor_units=row.price_minor_units,
        currency=row.currency,
        state=PurchaseState(row.state),
        failure=PurchaseFailure(row.failure_reason) if row.failure_reason else None,
        started_at=row.started_at,
        ended_at=row.ended_at,
        position=Position(row.position),
    )
