"""Which open jobs hold my credits, and how much each."""

from datetime import datetime
from uuid import UUID

import msgspec

from queries.viewer import View

HOLDS_SHOWN_MAX = 100
"""As many jobs as one owner may have open at once."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """What one job holds until it ends: millicredits. All holds come to what is reserved."""

    job_id: UUID
    millicredits: int
    since: datetime


def holds(view: View) -> list[Hold]:
    """Those of the viewer's, the newest first."""
    return view.many(
        Hold,
        """
        SELECT job_id, requested_at AS since,
               quoted_millicredits - captured_millicredits - released_millicredits AS millicredits
          FROM views.jobs
         WHERE owner_id = %(viewer)s AND ended_at IS NULL
           AND quoted_millicredits > captured_millicredits + released_millicredits
         ORDER BY requested_position DESC LIMIT %(limit)s
        """,
        {"viewer": view.viewer_id, "limit": HOLDS_SHOWN_MAX},
    )
