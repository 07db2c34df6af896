"""How far a change of many items has come."""

from datetime import datetime
from uuid import UUID

import msgspec

from queries.viewer import View


class BulkChange(msgspec.Struct, frozen=True, kw_only=True):
    """`changed` and `passed_over` add up to `items` when it is done. `undone_by` is a change."""

    change_id: UUID
    change: str
    label_id: UUID | None
    items: int
    changed: int
    passed_over: int
    undoes: UUID | None
    undone_by: UUID | None
    requested_at: datetime


def bulk_change(view: View, change_id: UUID) -> BulkChange | None:
    """The viewer's change of this id, or None."""
    return view.one(
        BulkChange,
        """
        SELECT change_id, change, label_id, items, changed, passed_over, undoes, undone_by,
               requested_at
          FROM views.bulk_changes WHERE owner_id = %(viewer)s AND change_id = %(id)s
        """,
        {"viewer": view.viewer_id, "id": change_id},
    )
