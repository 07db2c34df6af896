"""My gallery, newest first, and one item with everything that made it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from queries.paging import NEWEST, Page, Place, page_of, page_size
from queries.viewer import View

ASSETS: LiteralString = """
    (SELECT a.owner_id, a.asset_id, a.job_id, a.item, a.twin_id, a.kind, a.engine, a.rating,
            CASE WHEN w.withdrawn OR u.under_age THEN 'hidden' ELSE a.state END AS state,
            CASE WHEN w.withdrawn THEN 'consent-withdrawn' WHEN u.under_age THEN 'under-age'
                 ELSE a.hidden_reason END AS hidden_reason,
            a.favourite, a.object_key, a.sha256, a.size_bytes, a.width, a.height, a.media_type,
            a.duration_ms, a.renditions, a.likeness, a.placeholder, a.source_asset_id,
            CASE WHEN a.source_asset_id IS NULL THEN NULL
                 WHEN a.kind = 'video' THEN 'animation'
                 WHEN EXISTS (SELECT FROM views.jobs AS j
                               WHERE j.owner_id = a.owner_id AND j.job_id = a.job_id
                                 AND j.inputs @> jsonb_build_array(jsonb_build_object(
                                         'role', 'source', 'asset_id', a.source_asset_id)))
                 THEN 'remix'
                 ELSE 'variation' END AS source_relation,
            a.seed, a.prompt,
            a.negative_prompt, a.settings, a.checks, a.policy_version, a.consent_epoch,
            a.released_at, a.released_position, a.position
       FROM views.assets AS a
       LEFT JOIN views.twins AS t ON t.owner_id = a.owner_id AND t.twin_id = a.twin_id
       LEFT JOIN views.account AS p ON p.owner_id = a.owner_id
      CROSS JOIN LATERAL (
            SELECT a.state = 'released' AND coalesce(p.under_age, false)) AS u (under_age)
      CROSS JOIN LATERAL (
            SELECT a.state = 'released' AND NOT a.kept
                   AND coalesce(a.consent_epoch < t.consent_epoch
                                OR NOT t.scope_versions @> a.scopes, false)) AS w (withdrawn)
    ) AS assets
"""
"""Released outputs as they stand now. Hidden is derived: of a consent that is over, or resting on
a scope that was taken back, and not kept; or, kept or not, of an owner who was found to be under
age.

A withdrawal so takes one row, that of its twin, however many pictures rest on it; the other that of
the account.
"""


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a released output. Sizes in pixels; `duration_ms` is None for a still."""

    role: str
    object_key: str
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int
    duration_ms: int | None = None


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One released picture or clip with its full parameters. Texts are None after erasure.

    `state` is released, hidden, purge-requested or purged; the bytes are gone in the last.
    `settings` are the job's resolved parameters; `checks` are the verdicts it was released on.
    Key, digest, sizes and media type are the master's, which is one of `renditions`. `likeness` is
    a cosine for each second of a twin's clip, `placeholder` a ThumbHash in Base64, which older ones
    may lack. `source_asset_id` is what it was made from, which
    may be purged since, and `source_relation` how: remix, variation or animation.
    """

    asset_id: UUID
    job_id: UUID
    item: int
    twin_id: UUID | None
    kind: str
    engine: str
    rating: str
    state: str
    hidden_reason: str | None
    favourite: bool
    object_key: str
    sha256: str
    size_bytes: int
    width: int
    height: int
    media_type: str
    duration_ms: int | None
    renditions: tuple[Rendition, ...]
    likeness: tuple[float, ...]
    placeholder: str | None
    source_asset_id: UUID | None
    source_relation: str | None
    seed: int
    prompt: str | None
    negative_prompt: str | None
    settings: dict[str, Any] | None
    checks: list[Any]
    policy_version: int
    consent_epoch: int | None
    released_at: datetime
    released_position: int
    position: int

    @property
    def place(self) -> Place:
        """Its cursor."""
        return Place(self.released_position, self.asset_id)


class GalleryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What to show. None shows all; `text` is any part of the prompt, in any case of letters."""

    twin_id: UUID | None = None
    text: str | None = None
    favourite: bool | None = None
    kinds: tuple[str, ...] = ("image", "video")
    states: tuple[str, ...] = ("released",)


EVERYTHING = GalleryFilter()


def gallery(
    view: View, *, first: int, after: Place = NEWEST, only: GalleryFilter = EVERYTHING
) -> Page[Asset]:
    """The viewer's pictures, newest first, from behind `after`."""
    rows = view.many(
        Asset,
        "SELECT * FROM "
        + ASSETS
        + """
         WHERE owner_id = %(viewer)s
           AND (released_position, asset_id) < (%(position)s, %(id)s)
           AND state = ANY (%(states)s::text[]) AND kind = ANY (%(kinds)s::text[])
           AND (%(twin)s::uuid IS NULL OR twin_id = %(twin)s::uuid)
           AND (%(favourite)s::boolean IS NULL OR favourite = %(favourite)s::boolean)
           AND (%(text)s::text IS NULL OR prompt ILIKE %(text)s::text ESCAPE '\\')
         ORDER BY released_position DESC, asset_id DESC LIMIT %(limit)s
        """,
        {
            "viewer": view.viewer_id,
            "position": after.position,
            "id": after.id,
            "states": list(only.states),
            "kinds": list(only.kinds),
            "twin": only.twin_id,
            "favourite": only.favourite,
            "text": None if not only.text else f"%{_literally(only.text)}%",
            "limit": page_size(first) + 1,
        },
    )
    return page_of(rows, first, lambda asset: asset.place)


def asset(view: View, asset_id: UUID) -> Asset | None:
    """The picture, or None where the viewer has none of this id."""
    return view.one(
        Asset,
        "SELECT * FROM " + ASSETS + " WHERE owner_id = %(viewer)s AND asset_id = %(id)s",
        {"viewer": view.viewer_id, "id": asset_id},
    )


def assets_of_jobs(view: View, job_ids: Sequence[UUID]) -> dict[UUID, tuple[Asset, ...]]:
    """Pictures and training samples of the viewer's jobs, in order of item. One round trip."""
    found: dict[UUID, tuple[Asset, ...]] = {job_id: () for job_id in job_ids}
    for row in view.many(
        Asset,
        "SELECT * FROM "
        + ASSETS
        + """
         WHERE owner_id = %(viewer)s AND job_id = ANY (%(ids)s::uuid[])
         ORDER BY job_id, item
        """,
        {"viewer": view.viewer_id, "ids": list(job_ids)},
    ):
        found[row.job_id] += (row,)
    return found


def _literally(text: str) -> str:
    r"""`text` with the wildcards of LIKE escaped by a backslash."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
