"""How much of my credits was spent since a moment."""

from datetime import datetime

import msgspec

from queries.viewer import View
from queries.wallet.balance import balance


class _SpentBefore(msgspec.Struct, frozen=True):
    spent: int


def spent_since(view: View, moment: datetime) -> int:
    """Millicredits that the ledger took from the viewer since then: what the last entry before it
    says of all that was spent until then, taken from what is spent by now.
    """
    before = view.one(
        _SpentBefore,
        # Walks from the newest entry back, no further than to the first before the moment.
        """
        SELECT spent FROM views.statement
         WHERE owner_id = %(viewer)s AND recorded_at < %(moment)s
         ORDER BY position DESC LIMIT 1
        """,
        {"viewer": view.viewer_id, "moment": moment},
    )
    return balance(view).spent - (0 if before is None else before.spent)
