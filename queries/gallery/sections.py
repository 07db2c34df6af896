"""The months of a gallery with how many items each has, for a grid that knows its height."""

from datetime import date
from typing import LiteralString
from uuid import UUID

import msgspec

from queries.gallery.asset_rows import ASSET_ROWS
from queries.gallery.filtering import EVERYTHING, Found, GalleryFilter, found_by, labels_of
from queries.viewer import View


class Section(msgspec.Struct, frozen=True):
    """One month in UTC, by its first day. `items` is 1 or more."""

    month: date
    items: int


def sections(view: View, only: GalleryFilter = EVERYTHING) -> tuple[Section, ...]:
    """The newest month first. What is filtered by kind or twin at most was counted before."""
    plain = GalleryFilter(kinds=only.kinds, twin_id=only.twin_id)
    if only == plain:
        return _counted_before(view, only)
    found = found_by(view, only)
    return () if found is None else _counted_now(view, found)


def _counted_now(view: View, found: Found) -> tuple[Section, ...]:
    return tuple(
        view.many(
            Section,
            _MONTHS + " FROM " + found.rows + " WHERE " + found.conditions + _BY_MONTH,
            found.values,
        )
    )


_MONTHS: LiteralString = (
    "SELECT date_trunc('month', assets.released_at AT TIME ZONE 'UTC')::date AS month,"
    " count(*) AS items"
)
_BY_MONTH: LiteralString = " GROUP BY 1 ORDER BY 1 DESC"


def _counted_before(view: View, only: GalleryFilter) -> tuple[Section, ...]:
    """All months less what a withdrawal hides, and less what is in private collections."""
    twin: LiteralString = "" if only.twin_id is None else " AND m.twin_id = %(twin)s"
    values = {"viewer": view.viewer_id, "kinds": list(only.kinds), "twin": only.twin_id}
    counted = view.many(
        Section,
        """
        SELECT m.month, sum(m.items)::bigint AS items
          FROM views.gallery_months AS m
          LEFT JOIN views.twins AS t ON t.owner_id = m.owner_id AND t.twin_id = m.twin_id
         WHERE m.owner_id = %(viewer)s AND m.kind = ANY (%(kinds)s::text[])
           AND (m.kept OR NOT coalesce(m.consent_epoch < t.consent_epoch
                                       OR NOT t.scope_versions @> m.scopes, false))
           AND NOT EXISTS (SELECT FROM views.account AS p
                            WHERE p.owner_id = m.owner_id AND p.under_age)
        """
        + twin
        + " GROUP BY m.month HAVING sum(m.items) > 0 ORDER BY m.month DESC",
        values,
    )
    private = [label.label_id for label in labels_of(view, only) if label.private]
    if not private:
        return tuple(counted)
    apart = {one.month: one.items for one in _in_private(view, only, private)}
    left = (Section(one.month, one.items - apart.get(one.month, 0)) for one in counted)
    return tuple(one for one in left if one.items > 0)


def _in_private(view: View, only: GalleryFilter, private: list[UUID]) -> list[Section]:
    twin: LiteralString = "" if only.twin_id is None else " AND assets.twin_id = %(twin)s"
    return view.many(
        Section,
        _MONTHS
        + """
          FROM (SELECT DISTINCT asset_id FROM views.asset_labels
                 WHERE owner_id = %(viewer)s AND label_id = ANY (%(private)s::uuid[])) AS l
         CROSS JOIN LATERAL (SELECT * FROM """
        + ASSET_ROWS
        + """ AS one WHERE one.owner_id = %(viewer)s AND one.asset_id = l.asset_id
                OFFSET 0) AS assets
         WHERE assets.state = 'released' AND assets.kind = ANY (%(kinds)s::text[])
        """
        + twin
        + _BY_MONTH,
        {
            "viewer": view.viewer_id,
            "private": private,
            "kinds": list(only.kinds),
            "twin": only.twin_id,
        },
    )
