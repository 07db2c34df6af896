"""My jobs, and one of them with its items."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View

OPEN_SHOWN_MAX = 100
"""As many as one owner may have open at once."""


class JobItem(msgspec.Struct, frozen=True, kw_only=True):
    """One output of a job. `state` is waiting, released or refused.

    A reason is the name of a check and what was wrong with it, as in `identity:failed`.
    """

    item: int
    asset_id: UUID
    seed: int
    state: str
    reasons: tuple[str, ...]


class JobInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a job reads. `strength` is how much of a source is drawn anew."""

    role: str
    strength: float
    asset_id: UUID | None = None
    upload_id: UUID | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job as last seen. Texts are None where none was given, and after erasure.

    `state` is requested, started, rendered, screened, completed, failed or cancelled. `settings`
    are the resolved parameters, by the names of the job's request. `turn` is the position of the
    log at which it stands in line, None where it does not wait for a worker.
    """

    job_id: UUID
    kind: str
    engine: str
    twin_id: UUID | None
    consent_epoch: int | None
    rating: str
    state: str
    attempt: int
    attempts_max: int
    item_count: int
    prompt: str | None
    negative_prompt: str | None
    settings: dict[str, Any]
    inputs: tuple[JobInput, ...]
    price_version: int
    quoted_millicredits: int
    captured_millicredits: int
    released_millicredits: int
    failure_reason: str | None
    cancelled_by: str | None
    retried_from: UUID | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    requested_position: int
    position: int
    turn: int | None
    items: tuple[JobItem, ...]

    @property
    def source(self) -> JobInput | None:
        """The picture that it begins with, if it begins with one."""
        return next((one for one in self.inputs if one.role == "source"), None)

    @property
    def place(self) -> Place:
        """Its cursor."""
        return Place(self.requested_position, self.job_id)


_JOB: LiteralString = """
SELECT j.*, coalesce(i.items, '[]'::jsonb) AS items
  FROM views.jobs j
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(to_jsonb(i) ORDER BY i.item) AS items
         FROM views.job_items i
        WHERE i.owner_id = j.owner_id AND i.job_id = j.job_id
       ) i ON true
 WHERE j.owner_id = %(viewer)s
"""


def jobs(
    view: View,
    *,
    first: int,
    after: Place = NEWEST,
    states: Sequence[str] = (),
    twin_id: UUID | None = None,
) -> Page[Job]:
    """The viewer's jobs, newest first, from behind `after`; in `states` where any are named."""
    rows = view.many(
        Job,
        _JOB
        + """
           AND (j.requested_position, j.job_id) < (%(position)s, %(id)s)
           AND (cardinality(%(states)s::text[]) = 0 OR j.state = ANY (%(states)s::text[]))
           AND (%(twin)s::uuid IS NULL OR j.twin_id = %(twin)s::uuid)
         ORDER BY j.requested_position DESC, j.job_id DESC LIMIT %(limit)s
        """,
        {
            "viewer": view.viewer_id,
            "position": after.position,
            "id": after.id,
            "states": list(states),
            "twin": twin_id,
            "limit": page_size(first) + 1,
        },
    )
    return page_of(rows, first, lambda job: job.place)


def open_jobs(view: View) -> list[Job]:
    """The viewer's jobs that have not ended, newest first: as many as one may have open."""
    return view.many(
        Job,
        _JOB
        + """
           AND j.ended_at IS NULL
         ORDER BY j.requested_position DESC, j.job_id DESC LIMIT %(limit)s
        """,
        {"viewer": view.viewer_id, "limit": OPEN_SHOWN_MAX},
    )


def job(view: View, job_id: UUID) -> Job | None:
    """The job with its items, or None where the viewer has none of this id."""
    return view.one(Job, _JOB + " AND j.job_id = %(id)s", {"viewer": view.viewer_id, "id": job_id})


def jobs_by_id(view: View, job_ids: Sequence[UUID]) -> dict[UUID, Job]:
    """Those of `job_ids` that the viewer has. For data loaders: one round trip."""
    found = view.many(
        Job,
        _JOB + " AND j.job_id = ANY (%(ids)s::uuid[])",
        {"viewer": view.viewer_id, "ids": list(job_ids)},
    )
    return {job.job_id: job for job in found}
