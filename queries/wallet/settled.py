"""Which entry of the statement settled a job: what gave back what was not charged."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from queries.jobs.jobs import Job
from queries.viewer import View


class _Settled(msgspec.Struct, frozen=True, kw_only=True):
    job_id: UUID
    position: int


def settling_entries(view: View, jobs: Sequence[Job]) -> dict[UUID, int]:
    """Positions of the viewer's entries that gave credits of these jobs back; where nothing went
    back, of those that charged them. Jobs that have not ended have none."""
    ended = [job for job in jobs if job.ended_at is not None]
    if not ended:
        return {}
    found = view.many(
        _Settled,
        # All entries of a job lie between its request and its end: a short range of the key.
        """
        SELECT lived.job_id, settled.position
          FROM unnest(%(ids)s::uuid[], %(requested)s::bigint[], %(ended)s::bigint[])
               AS lived (job_id, requested, ended)
          JOIN LATERAL (
               SELECT s.position FROM views.statement s
                WHERE s.owner_id = %(viewer)s AND s.job_id = lived.job_id
                  AND s.position BETWEEN lived.requested AND lived.ended
                  AND s.entry IN ('wallet.released', 'wallet.expired', 'wallet.captured')
                ORDER BY s.entry = 'wallet.captured', s.position DESC LIMIT 1
               ) AS settled ON true
        """,
        {
            "viewer": view.viewer_id,
            "ids": [job.job_id for job in ended],
            "requested": [job.requested_position for job in ended],
            "ended": [job.position for job in ended],
        },
    )
    return {one.job_id: one.position for one in found}
