"""The feed: durable deltas for subscriptions, written beside the rows that changed.

A delta is read from its row right after the change, so a subscriber sees what a query at that
position would have answered. It carries no free text.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, cast
from uuid import UUID

from psycopg import Cursor

from projections.read_model import Change
from topics.messages.fact import Fact

TRIM_MAX = 5_000
"""Deltas that one statement drops unless told otherwise: a few milliseconds of locks."""

_JOBS: LiteralString = """
INSERT INTO feed (owner_id, position, ordinal, topic, subject_id, payload, recorded_at)
SELECT c.owner_id, c.position, 0, 'jobs', j.job_id,
       jsonb_build_object(
           'event', c.event_type, 'kind', kind, 'engine', engine, 'twin_id', twin_id,
           'state', state, 'attempt', attempt, 'quoted_millicredits', quoted_millicredits,
           'captured_millicredits', captured_millicredits,
           'released_millicredits', released_millicredits, 'failure_reason', failure_reason,
           'cancelled_by', cancelled_by),
       c.recorded_at
  FROM json_to_recordset(%(rows)s)
       AS c (owner_id uuid, position bigint, subject_id uuid, event_type text,
             recorded_at timestamptz)
  JOIN jobs AS j ON j.owner_id = c.owner_id AND j.job_id = c.subject_id
ON CONFLICT DO NOTHING
"""

_WALLET: LiteralString = """
INSERT INTO feed (owner_id, position, ordinal, topic, subject_id, payload, recorded_at)
SELECT c.owner_id, c.position, 1, 'wallet', c.subject_id,
       jsonb_build_object(
           'event', c.event_type, 'available', available, 'reserved', reserved, 'spent', spent),
       c.recorded_at
  FROM json_to_recordset(%(rows)s)
       AS c (owner_id uuid, position bigint, subject_id uuid, event_type text,
             recorded_at timestamptz)
  JOIN balances AS b ON b.owner_id = c.owner_id
ON CONFLICT DO NOTHING
"""

_GALLERY: LiteralString = """
INSERT INTO feed (owner_id, position, ordinal, topic, subject_id, payload, recorded_at)
SELECT c.owner_id, c.position, 2, 'gallery', a.asset_id,
       jsonb_build_object(
           'event', c.event_type, 'kind', a.kind, 'job_id', a.job_id, 'item', a.item,
           'twin_id', a.twin_id,
           -- Hidden is derived, here as in queries/gallery/gallery.py.
           'state', CASE WHEN a.state = 'released' AND NOT a.kept
                          AND coalesce(a.consent_epoch < t.consent_epoch, false)
                         THEN 'hidden' ELSE a.state END,
           'favourite', a.favourite),
       c.recorded_at
  FROM json_to_recordset(%(rows)s)
       AS c (owner_id uuid, position bigint, subject_id uuid, event_type text,
             recorded_at timestamptz)
  JOIN assets AS a ON a.owner_id = c.owner_id AND a.asset_id = c.subject_id
  LEFT JOIN twins AS t ON t.owner_id = a.owner_id AND t.twin_id = a.twin_id
ON CONFLICT DO NOTHING
"""

_TWINS: LiteralString = """
INSERT INTO feed (owner_id, position, ordinal, topic, subject_id, payload, recorded_at)
SELECT c.owner_id, c.position, 3, 'twins', t.twin_id,
       jsonb_build_object(
           'event', c.event_type, 'state', state, 'photos_state', photos_state,
           'consent_epoch', consent_epoch, 'submission_id', submission_id,
           'training_job_id', training_job_id),
       c.recorded_at
  FROM json_to_recordset(%(rows)s)
       AS c (owner_id uuid, position bigint, subject_id uuid, event_type text,
             recorded_at timestamptz)
  JOIN twins AS t ON t.owner_id = c.owner_id AND t.twin_id = c.subject_id
ON CONFLICT DO NOTHING
"""


def job_changed(fact: Fact, job_id: UUID) -> Change:
    """The job as it stands after the changes before this one."""
    return _delta(_JOBS, fact, job_id)


def wallet_changed(fact: Fact) -> Change:
    """The balances as they stand after the changes before this one."""
    return _delta(_WALLET, fact, fact.originator_id)


def gallery_changed(fact: Fact, asset_id: UUID) -> Change:
    """The asset as it stands after the changes before this one."""
    return _delta(_GALLERY, fact, asset_id)


def twin_changed(fact: Fact, twin_id: UUID) -> Change:
    """The twin as it stands after the changes before this one."""
    return _delta(_TWINS, fact, twin_id)


def _delta(statement: LiteralString, fact: Fact, subject_id: UUID) -> Change:
    return Change(
        statement,
        {
            "owner_id": fact.owner_id,
            "position": fact.position,
            "subject_id": subject_id,
            "event_type": fact.event_type,
            "recorded_at": fact.recorded_at,
        },
    )


def trim(cursor: Cursor[Any], *, recorded_before: datetime, limit: int = TRIM_MAX) -> int:
    """Drop up to `limit` deltas older than `recorded_before`, the oldest first, and remember up to
    where. Returns how many.

    Whoever resumes from before that point is told `Lagged` and takes a new snapshot. The cursor's
    role must be allowed to write read models.
    """
    cursor.execute(
        """
        WITH gone AS (
            DELETE FROM views.feed WHERE (owner_id, position, ordinal) IN (
                SELECT owner_id, position, ordinal FROM views.feed
                WHERE recorded_at < %s ORDER BY recorded_at LIMIT %s
            ) RETURNING owner_id, position
        )
        INSERT INTO views.feed_trimmed AS t (owner_id, position, dropped)
        SELECT owner_id, max(position), count(*) FROM gone GROUP BY owner_id
        ON CONFLICT (owner_id) DO UPDATE
           SET position = greatest(t.position, excluded.position),
               dropped = t.dropped + excluded.dropped
        RETURNING (SELECT count(*) FROM gone)
        """,
        (recorded_before, limit),
    )
    counted = cast(Sequence[int] | None, cursor.fetchone())
    return int(counted[0]) if counted is not None else 0
