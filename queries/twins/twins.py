"""My twins, and one of them: consent, photos, adapters."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View


class Adapter(msgspec.Struct, frozen=True, kw_only=True):
    """What a training delivered for one engine. `similarity` is a mean identity cosine."""

    engine: str
    job_id: UUID
    object_key: str
    sha256: str
    size_bytes: int
    rank: int
    step: int
    similarity: float
    delivered_at: datetime


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One that the newest training for an engine kept. `chosen` is what draws the twin."""

    engine: str
    step: int
    similarity: float
    chosen: bool


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """One twin. `name` is None after erasure.

    `state` is created, consented, photos-submitted, photos-accepted, photos-rejected, training,
    trained or consent-withdrawn; `photos_state`, of the latest submission, is none, submitted,
    accepted, rejected or withdrawn. A training may learn from `accepted_submission_id`.
    `deletion_pending` says that bytes of an earlier consent still wait to be deleted.
    `open_uploads` are sets that were planned and not handed in, oldest first, each to be forgotten
    at its place of `open_uploads_until`. A new set may hold `reusable_photos` as they are: those of
    the accepted set, and good ones that are kept of a refused one.
    """

    twin_id: UUID
    name: str | None
    state: str
    release_text_sha256: str | None
    release_locale: str | None
    released_at: datetime | None
    consent_epoch: int
    consent_text_sha256: str | None
    consent_scope: tuple[str, ...]
    consent_at: datetime | None
    consent_withdrawn_at: datetime | None
    submission_id: UUID | None
    submission_engine: str | None
    photos_state: str
    photo_count: int
    set_flaws: tuple[str, ...]
    accepted_submission_id: UUID | None
    training_job_id: UUID | None
    trained_engines: tuple[str, ...]
    deletion_pending: bool
    open_uploads: tuple[UUID, ...]
    open_uploads_until: tuple[datetime, ...]
    created_at: datetime
    created_position: int
    position: int
    reusable_photos: tuple[UUID, ...]
    adapters: tuple[Adapter, ...]
    checkpoints: tuple[Checkpoint, ...]

    @property
    def place(self) -> Place:
        """Its cursor."""
        return Place(self.created_position, self.twin_id)


_TWIN: LiteralString = """
SELECT t.*, cardinality(t.prefixes_to_delete) > 0 AS deletion_pending,
       t.kept_photos || ARRAY(
           SELECT p.photo_id FROM views.twin_photos p
            WHERE p.owner_id = t.owner_id AND p.twin_id = t.twin_id
              AND p.submission_id = t.accepted_submission_id
            ORDER BY p.ordinal
       ) AS reusable_photos,
       coalesce(a.adapters, '[]'::jsonb) AS adapters,
       coalesce(c.checkpoints, '[]'::jsonb) AS checkpoints
  FROM views.twins t
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(to_jsonb(a) ORDER BY a.engine) AS adapters
         FROM views.twin_adapters a
        WHERE a.owner_id = t.owner_id AND a.twin_id = t.twin_id
       ) a ON true
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object(
                  'engine', c.engine, 'step', c.step, 'similarity', c.similarity,
                  'chosen', c.step = u.step) ORDER BY c.engine, c.step) AS checkpoints
         FROM views.twin_checkpoints c
         JOIN views.twin_adapters u
           ON u.owner_id = c.owner_id AND u.twin_id = c.twin_id AND u.engine = c.engine
        WHERE c.owner_id = t.owner_id AND c.twin_id = t.twin_id
       ) c ON true
 WHERE t.owner_id = %(viewer)s
"""


def twins(view: View, *, first: int, after: Place = NEWEST) -> Page[Twin]:
    """The viewer's twins, newest first, from behind `after`."""
    rows = view.many(
        Twin,
        _TWIN
        + """
           AND (t.created_position, t.twin_id) < (%(position)s, %(id)s)
         ORDER BY t.created_position DESC, t.twin_id DESC LIMIT %(limit)s
        """,
        {
            "viewer": view.viewer_id,
            "position": after.position,
            "id": after.id,
            "limit": page_size(first) + 1,
        },
    )
    return page_of(rows, first, lambda twin: twin.place)


def twin(view: View, twin_id: UUID) -> Twin | None:
    """The twin, or None where the viewer has none of this id."""
    return view.one(
        Twin, _TWIN + " AND t.twin_id = %(id)s", {"viewer": view.viewer_id, "id": twin_id}
    )


def twins_by_id(view: View, twin_ids: Sequence[UUID]) -> dict[UUID, Twin]:
    """Those of `twin_ids` that the viewer has."""
    found = view.many(
        Twin,
        _TWIN + " AND t.twin_id = ANY (%(ids)s::uuid[])",
        {"viewer": view.viewer_id, "ids": list(twin_ids)},
    )
    return {twin.twin_id: twin for twin in found}
