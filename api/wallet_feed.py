"""The feed of my credits: balances, and what becomes of purchases."""

from uuid import UUID

import strawberry

from api.look_desk import SNAPSHOT_SIZE, Feed
from api.scalars import Position
from api.types.purchase import Purchase, purchase
from api.types.wallet import Wallet, wallet
from queries.feed.after import Delta
from queries.read_position import read_position
from queries.viewer import View
from queries.wallet.balance import balance
from queries.wallet.purchases import purchases, purchases_by_id


@strawberry.type(description="My credits, and the newest purchases, as of a position.")
class WalletSnapshot:
    position: Position
    wallet: Wallet
    purchases: list[Purchase]


@strawberry.type
class WalletChanged:
    position: Position
    wallet: Wallet
    purchase: Purchase | None = strawberry.field(
        description="What was begun, paid or given up. Null where no purchase went on."
    )


def _snapshot(view: View) -> WalletSnapshot:
    bought = purchases(view, first=SNAPSHOT_SIZE)
    return WalletSnapshot(
        position=Position(read_position(view)),
        wallet=wallet(balance(view)),
        purchases=[purchase(row) for row in bought.items],
    )


def _changes(view: View, deltas: tuple[Delta, ...]) -> list[WalletChanged]:
    if not deltas:
        return []
    # One look serves all: every change shows the balance as it is now.
    now = wallet(balance(view))
    of = {
        delta.position: UUID(delta.payload["purchase"])
        for delta in deltas
        if "purchase" in delta.payload
    }
    rows = purchases_by_id(view, list(of.values())) if of else {}
    bought = {position: purchase(rows[one]) for position, one in of.items() if one in rows}
    return [
        WalletChanged(
            position=Position(delta.position), wallet=now, purchase=bought.get(delta.position)
        )
        for delta in deltas
    ]


WALLET_FEED = Feed(topics=("wallet",), snapshot=_snapshot, changes=_changes)
