"""Jobs that are open and jobs that failed, of everybody: ids, kinds and times, nobody's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from queries.survey.connections import Connections
from queries.survey.pseudonym import pseudonym

SHOWN_MAX: LiteralString = "25"
"""Of each state: who has more of them has one cause, and finds it in those that wait longest."""
FAILURES_COUNTED_MAX: LiteralString = "10000"

_OPEN: LiteralString = f"""
SELECT j.owner_id, j.job_id, j.kind, j.engine, j.state, j.attempt, j.item_count,
       CASE WHEN j.state = 'requested' THEN j.requested_at
            ELSE coalesce(j.started_at, j.requested_at) END AS since, j.failure_reason
  FROM unnest(ARRAY['requested', 'started', 'rendered', 'screened']) AS s (state)
 CROSS JOIN LATERAL (
       SELECT * FROM views.jobs o
        WHERE o.state = s.state AND o.ended_at IS NULL
        ORDER BY o.requested_position LIMIT {SHOWN_MAX}
       ) AS j
 ORDER BY since
"""

_FAILED: LiteralString = f"""
SELECT owner_id, job_id, kind, engine, state, attempt, item_count, ended_at, failure_reason
  FROM views.jobs WHERE state = 'failed' ORDER BY ended_at DESC LIMIT {SHOWN_MAX}
"""

_FAILED_LATELY: LiteralString = f"""
SELECT count(*) FROM (
    SELECT FROM views.jobs
     WHERE state = 'failed' AND ended_at > clock_timestamp() - interval '1 hour'
     LIMIT {FAILURES_COUNTED_MAX}
) AS failed
"""


@dataclass(frozen=True)
class SeenJob:
    """One job, its owner under a pseudonym. `since`: when it came into its state, or nearly so.

    `failure_reason` is the name of a reason, where it failed for one.
    """

    owner: str
    job_id: UUID
    kind: str
    engine: str
    state: str
    attempt: int
    item_count: int
    since: datetime
    failure_reason: str | None


@dataclass(frozen=True)
class SeenJobs:
    """The longest open of each state, the last that failed, and how many failed in an hour."""

    open: tuple[SeenJob, ...]
    failed: tuple[SeenJob, ...]
    failed_in_an_hour: int


def seen_jobs(connections: Connections) -> SeenJobs:
    """Look now: a few rows of each state, along an index of what is open and one of what failed."""
    with connections.reading("projector") as connection:
        opened = connection.execute(_OPEN).fetchall()
        failed = connection.execute(_FAILED).fetchall()
        [(count,)] = connection.execute(_FAILED_LATELY).fetchall()
    return SeenJobs(_jobs(opened), _jobs(failed), count)


def _jobs(rows: Sequence[tuple[Any, ...]]) -> tuple[SeenJob, ...]:
    return tuple(SeenJob(pseudonym(owner), *rest) for owner, *rest in rows)
