"""What the viewer agreed to for one of their twins, and took back again."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View


class ConsentDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `kind` is released, granted, added, taken-back or withdrawn.

    `scopes` are those that were ticked or taken back; of a withdrawal it was all of them. What
    follows from taking back: `stopped` jobs, with what was returned of their credits so far,
    `deleted_objects` files, the last at `deleted_at`; `is_deleting` while some wait for it.
    """

    twin_id: UUID
    version: int
    kind: str
    decided_at: datetime
    text_sha256: str | None
    scopes: tuple[str, ...]
    stopped: int
    returned_millicredits: int
    deleted_objects: int
    deleted_at: datetime | None
    is_deleting: bool

    @property
    def place(self) -> Place:
        """Its cursor."""
        return Place(self.version, self.twin_id)


_DECISIONS: LiteralString = """
SELECT d.twin_id, d.version, d.kind, d.decided_at, d.text_sha256, d.scopes,
       cardinality(d.stopped_jobs) AS stopped, d.deleted_objects, d.deleted_at,
       d.places && t.prefixes_to_delete AS is_deleting,
       (SELECT coalesce(sum(j.released_millicredits), 0)::bigint FROM views.jobs j
         WHERE j.owner_id = d.owner_id AND j.job_id = ANY (d.stopped_jobs)
       ) AS returned_millicredits
  FROM views.consent_decisions d
  JOIN views.twins t ON t.owner_id = d.owner_id AND t.twin_id = d.twin_id
 WHERE d.owner_id = %(viewer)s AND d.twin_id = %(twin)s AND d.version < %(version)s
 ORDER BY d.version DESC LIMIT %(limit)s
"""


def consent_decisions(
    view: View, twin_id: UUID, *, first: int, after: Place = NEWEST
) -> Page[ConsentDecision]:
    """The decisions about a twin, newest first; none where the viewer has no such twin."""
    rows = view.many(
        ConsentDecision,
        _DECISIONS,
        {
            "viewer": view.viewer_id,
            "twin": twin_id,
            "version": after.position,
            "limit": page_size(first) + 1,
        },
    )
    return page_of(rows, first, lambda decision: decision.place)
