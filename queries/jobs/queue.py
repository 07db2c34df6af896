"""Where my waiting jobs stand in line, and when each will probably begin."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from queries.jobs.jobs import Job
from queries.viewer import View

AHEAD_COUNTED_MAX = 1_000
"""As many as the database counts of those that stand before a job."""


class QueuePlace(msgspec.Struct, frozen=True, kw_only=True):
    """`place` is 1 for whoever is next; `is_least` says that it is that or more.

    `starts_in_s` is reckoned from what such jobs took lately and how many run at once; None where
    nothing like those before it was ever done. `takes_s` is what jobs like this one took lately.
    A worker may prefer others: one owner's jobs take turns with everybody else's. `turn` orders
    the jobs of one owner, however many stand before them.
    """

    turn: int
    place: int
    is_least: bool
    starts_in_s: float | None
    takes_s: float | None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A job that waits for a worker, and the position of the log at which it stands in line."""

    job_id: UUID
    kind: str
    engine: str
    turn: int | None


class _Ahead(msgspec.Struct, frozen=True, kw_only=True):
    place_of: int
    ahead: int
    ahead_s: float | None
    running: int


class _Pace(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    engine: str
    takes_s: float | None


def waiting_jobs(view: View) -> list[Waiting]:
    """Those of the viewer's jobs that wait for a worker, the first in line first."""
    return view.many(
        Waiting,
        """
        SELECT job_id, kind, engine, turn FROM views.jobs
         WHERE owner_id = %(viewer)s AND state = 'requested' ORDER BY turn
        """,
        {"viewer": view.viewer_id},
    )


def queue_places(view: View, waiting: Sequence[Waiting | Job]) -> dict[UUID, QueuePlace]:
    """The place of each of these jobs that waits."""
    turns = {job.job_id: job.turn for job in waiting if job.turn is not None}
    if not turns:
        return {}
    ahead = view.many(
        _Ahead,
        "SELECT * FROM queue.ahead_of(%(positions)s::bigint[])",
        {"positions": list(turns.values())},
    )
    by_turn = {one.place_of: one for one in ahead}
    takes_s = _paces(view, waiting)
    return {
        job.job_id: _place(by_turn[turns[job.job_id]], takes_s[job.kind, job.engine])
        for job in waiting
        if job.job_id in turns
    }


def _paces(view: View, waiting: Sequence[Waiting | Job]) -> dict[tuple[str, str], float | None]:
    lanes = sorted({(job.kind, job.engine) for job in waiting})
    paces = view.many(
        _Pace,
        """
        SELECT kind, engine, queue.takes_s(kind, engine) AS takes_s
          FROM unnest(%(kinds)s::text[], %(engines)s::text[]) AS lane (kind, engine)
        """,
        {"kinds": [kind for kind, _ in lanes], "engines": [engine for _, engine in lanes]},
    )
    return {(pace.kind, pace.engine): pace.takes_s for pace in paces}


def _place(found: _Ahead, takes_s: float | None) -> QueuePlace:
    # Where nothing runs, one worker is reckoned with: whoever has none is told so elsewhere.
    at_once = max(found.running, 1)
    return QueuePlace(
        turn=found.place_of,
        place=found.ahead + 1,
        is_least=found.ahead >= AHEAD_COUNTED_MAX,
        starts_in_s=None if found.ahead_s is None else found.ahead_s / at_once,
        takes_s=takes_s,
    )
