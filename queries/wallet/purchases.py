"""What did I buy: purchases and whether they were paid."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """One purchase of credits. `state` is started, credited or failed."""

    purchase_id: UUID
    package: str
    millicredits: int
    price_minor_units: int
    currency: str
    provider: str
    state: str
    failure_reason: str | None
    started_at: datetime
    ended_at: datetime | None
    started_position: int
    position: int

    @property
    def place(self) -> Place:
        """Its cursor."""
        return Place(self.started_position, self.purchase_id)


def purchases(view: View, *, first: int, after: Place = NEWEST) -> Page[Purchase]:
    """The viewer's purchases, newest first, from behind `after`."""
    rows = view.many(
        Purchase,
        """
        SELECT * FROM views.purchases
         WHERE owner_id = %(viewer)s
           AND (started_position, purchase_id) < (%(position)s, %(id)s)
         ORDER BY started_position DESC, purchase_id DESC LIMIT %(limit)s
        """,
        {
            "viewer": view.viewer_id,
            "position": after.position,
            "id": after.id,
            "limit": page_size(first) + 1,
        },
    )
    return page_of(rows, first, lambda purchase: purchase.place)


def purchase(view: View, purchase_id: UUID) -> Purchase | None:
    """The purchase, or None where the viewer has none of this id."""
    return view.one(
        Purchase,
        "SELECT * FROM views.purchases WHERE owner_id = %(viewer)s AND purchase_id = %(id)s",
        {"viewer": view.viewer_id, "id": purchase_id},
    )


def purchases_by_id(view: View, purchase_ids: Sequence[UUID]) -> dict[UUID, Purchase]:
    """Those of `purchase_ids` that the viewer has."""
    found = view.many(
        Purchase,
        """
        SELECT * FROM views.purchases
         WHERE owner_id = %(viewer)s AND purchase_id = ANY (%(ids)s::uuid[])
        """,
        {"viewer": view.viewer_id, "ids": list(purchase_ids)},
    )
    return {bought.purchase_id: bought for bought in found}
