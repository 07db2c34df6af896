"""What is open: jobs and photo sets by what they wait for and how long, claims, due effects.

Nothing here walks over what has ended. Open work stands in the queues of the intents until it is
taken up, and under the watchdog's eyes while somebody runs it.
"""

from dataclasses import dataclass
from typing import LiteralString

from queries.survey.connections import Connections

COUNTED_MAX: LiteralString = "50000"
"""Whoever has more open than this needs no exact number."""

AGES = ("under-1-min", "under-10-min", "under-1-h", "over-1-h")
_BOUNDS: LiteralString = "ARRAY[60, 600, 3600]::float8[]"

STATES = {"attempt": "requested", "screening": "rendered", "photos": "photos-submitted"}
"""By the first word of an announcement's target. What runs is `started`."""
STARTED = "started"

_WAITING: LiteralString = f"""
SELECT split_part(w.target, ':', 1), width_bucket(w.age_s, {_BOUNDS}), count(*),
       max(w.age_s)::float8
  FROM (SELECT target, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age_s
          FROM events.intents WHERE done_at IS NULL AND queue IS NOT NULL
         LIMIT {COUNTED_MAX}) AS w
 GROUP BY 1, 2
"""

# The age of a job that runs is counted from its first start on.
_RUNNING: LiteralString = f"""
SELECT width_bucket(r.age_s, {_BOUNDS}), count(*), max(r.age_s)::float8,
       count(*) FILTER (WHERE r.deadline < clock_timestamp())
  FROM (SELECT c.deadline,
               coalesce(extract(epoch FROM clock_timestamp() - j.started_at), 0)::float8 AS age_s
          FROM events.claims_watched c
          LEFT JOIN views.jobs j ON j.owner_id = c.owner_id AND j.job_id = c.job_id
         LIMIT {COUNTED_MAX}) AS r
 GROUP BY 1
"""

# Owners whose turn has come are in the order of their turns, and what is due of each lies together.
_DUE: LiteralString = f"""
SELECT width_bucket(d.age_s, {_BOUNDS}), count(*), max(d.age_s)::float8
  FROM (SELECT extract(epoch FROM clock_timestamp() - i.next_try_at)::float8 AS age_s
          FROM (SELECT owner_id FROM events.turns WHERE due_at <= clock_timestamp()
                 ORDER BY due_at LIMIT {COUNTED_MAX}) AS t
          JOIN events.intents i
            ON i.owner_id = t.owner_id AND i.done_at IS NULL
           AND i.next_try_at <= clock_timestamp()
         LIMIT {COUNTED_MAX}) AS d
 GROUP BY 1
"""

_LEASED: LiteralString = f"""
SELECT count(*) FROM (
    SELECT FROM events.turns
     WHERE due_at <= clock_timestamp() AND leased_until > clock_timestamp() LIMIT {COUNTED_MAX}
) AS leased
"""


@dataclass(frozen=True)
class Ages:
    """How many things are how old, by the names in `AGES`, and the age of the oldest."""

    counts: tuple[int, ...] = (0,) * len(AGES)
    oldest_s: float = 0.0

    @property
    def total(self) -> int:
        """Of all ages."""
        return sum(self.counts)


@dataclass(frozen=True)
class OpenWork:
    """Jobs by state, intents that are due, and two kinds of lease.

    `claims_overdue`: claims whose deadline has passed, which the watchdog has yet to end.
    `intents_leased`: owners whose effects somebody carries out right now.
    """

    jobs: dict[str, Ages]
    intents_due: Ages
    claims: int
    claims_overdue: int
    intents_leased: int


def open_work(connections: Connections) -> OpenWork:
    """Look now: along partial indexes of what is open, and at most so many rows of each."""
    with connections.reading("writer") as connection:
        waiting = connection.execute(_WAITING).fetchall()
        due = connection.execute(_DUE).fetchall()
        leased = connection.execute(_LEASED).fetchall()
    with connections.reading("projector") as connection:
        running = connection.execute(_RUNNING).fetchall()
    jobs = {
        state: _ages([row[1:] for row in waiting if row[0] == what])
        for what, state in STATES.items()
    }
    jobs[STARTED] = _ages([row[:3] for row in running])
    return OpenWork(
        jobs=jobs,
        intents_due=_ages(due),
        claims=jobs[STARTED].total,
        claims_overdue=sum(row[3] for row in running),
        intents_leased=leased[0][0],
    )


def _ages(rows: "list[tuple[int, int, float]]") -> Ages:
    counts = [0] * len(AGES)
    for place, count, _ in rows:
        counts[place] += count
    return Ages(tuple(counts), max((0.0, *(oldest for *_, oldest in rows))))
