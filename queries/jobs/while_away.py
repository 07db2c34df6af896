"""What ended while I was away: jobs and purchases since a position or a time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from queries.jobs.jobs import Job, jobs_by_id
from queries.viewer import View
from queries.wallet.purchases import Purchase

JOBS_COUNTED_MAX = 1_000
"""Whoever was away for longer than that reads their list of jobs."""

SHOWN = 20
"""The newest so many are shown."""


class WhileAway(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs were completed or failed, and how many of their items were released or refused.

    `is_least`: there were more, of which nothing is counted. `jobs` and `purchases` are the newest
    of those that ended, the newest first. What the owner cancelled is no news.
    """

    completed: int
    failed: int
    released: int
    refused: int
    is_least: bool
    jobs: tuple[Job, ...]
    purchases: tuple[Purchase, ...]


class _Place(msgspec.Struct, frozen=True):
    position: int


class _Ended(msgspec.Struct, frozen=True, kw_only=True):
    job_id: UUID
    state: str
    released: int
    refused: int


def position_at(view: View, at: datetime) -> int:
    """Behind which position everything of the viewer's ended after `at`."""
    found = view.one(
        _Place,
        # Walks from the newest back, and no further than to the first that ended before.
        """
        SELECT position FROM views.jobs
         WHERE owner_id = %(viewer)s AND ended_at IS NOT NULL AND ended_at <= %(at)s
         ORDER BY position DESC LIMIT 1
        """,
        {"viewer": view.viewer_id, "at": at},
    )
    return 0 if found is None else found.position


def while_away(view: View, *, after: int, since: datetime | None) -> WhileAway:
    """What ended behind the position `after`, and after `since` where that is given."""
    ended = _ended(view, max(after, position_at(view, since) if since else 0))
    newest = [one.job_id for one in ended[:SHOWN]]
    rows = jobs_by_id(view, newest)
    counted = ended[:JOBS_COUNTED_MAX]
    return WhileAway(
        completed=sum(one.state == "completed" for one in counted),
        failed=sum(one.state == "failed" for one in counted),
        released=sum(one.released for one in counted),
        refused=sum(one.refused for one in counted),
        is_least=len(ended) > JOBS_COUNTED_MAX,
        jobs=tuple(rows[job] for job in newest),
        purchases=tuple(_purchases(view, after, since)),
    )


def _ended(view: View, after: int) -> Sequence[_Ended]:
    return view.many(
        _Ended,
        """
        SELECT j.job_id, j.state,
               coalesce(i.released, 0)::int AS released, coalesce(i.refused, 0)::int AS refused
          FROM views.jobs j
          LEFT JOIN LATERAL (
               SELECT count(*) FILTER (WHERE i.state = 'released') AS released,
                      count(*) FILTER (WHERE i.state = 'refused') AS refused
                 FROM views.job_items i
                WHERE i.owner_id = j.owner_id AND i.job_id = j.job_id
               ) i ON true
         WHERE j.owner_id = %(viewer)s AND j.ended_at IS NOT NULL AND j.position > %(after)s
           AND j.state IN ('completed', 'failed')
         ORDER BY j.position DESC LIMIT %(limit)s
        """,
        {"viewer": view.viewer_id, "after": after, "limit": JOBS_COUNTED_MAX + 1},
    )


def _purchases(view: View, after: int, since: datetime | None) -> list[Purchase]:
    return view.many(
        Purchase,
        """
        SELECT * FROM views.purchases
         WHERE owner_id = %(viewer)s AND ended_at IS NOT NULL AND position > %(after)s
           AND (%(since)s::timestamptz IS NULL OR ended_at > %(since)s::timestamptz)
         ORDER BY position DESC LIMIT %(limit)s
        """,
        {"viewer": view.viewer_id, "after": after, "since": since, "limit": SHOWN},
    )
