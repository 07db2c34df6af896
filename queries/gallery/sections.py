"""The months of a gallery with how many items each has, for a grid that knows its height."""

from datetime import date
from typing import LiteralString
from uuid import UUID

import msgspec

from queries.gallery.filtering import EVERYTHING, Found, GalleryFilter, found_by, labels_of
from queries.viewer import View


class Section(msgspec.Struct, frozen=True):
    """One month in UTC, by its first day. `items` is 1 or more."""

    month: date
    items: int


def sections(view: View, only: GalleryFilter = EVERYTHING) -> tuple[Section, ...]:
    """The newest month first. What is filtered by kind, twin and labels at most was counted as it
    was folded; of labels, what each of their items is counted with.
    """
    plain = GalleryFilter(
        kinds=only.kinds, twin_id=only.twin_id, tags=only.tags, collection=only.collection
    )
    if only == plain:
        return _counted_before(view, only)
    found = found_by(view, only)
    return () if found is None else _counted_now(view, found)


def _counted_now(view: View, found: Found) -> tuple[Section, ...]:
    return tuple(
        view.many(
            Section,
            """
            SELECT date_trunc('month', assets.released_at AT TIME ZONE 'UTC')::date AS month,
                   count(*) AS items
              FROM """
            + found.rows
            + " WHERE "
            + found.conditions
            + " GROUP BY 1 ORDER BY 1 DESC",
            found.values,
        )
    )


def _counted_before(view: View, only: GalleryFilter) -> tuple[Section, ...]:
    """All months less what a withdrawal hides, and less what is in private collections."""
    labels = {label.label_id: label.private for label in labels_of(view, only)}
    if not set(only.labels) <= labels.keys():
        return ()
    opened = only.collection is not None and labels[only.collection]
    private = [] if opened else [one for one, is_private in labels.items() if is_private]
    twin: LiteralString = "" if only.twin_id is None else " AND m.twin_id = %(twin)s"
    return tuple(
        view.many(
            Section,
            "SELECT m.month, sum(c.items)::bigint AS items FROM ("
            + _counts(only, private)
            + """) AS c
              JOIN views.gallery_months AS m ON m.owner_id = %(viewer)s AND m.group_id = c.group_id
              LEFT JOIN views.twins AS t ON t.owner_id = m.owner_id AND t.twin_id = m.twin_id
             WHERE m.kind = ANY (%(kinds)s::text[])
               AND (m.kept OR NOT coalesce(m.consent_epoch < t.consent_epoch
                                           OR NOT t.scope_versions @> m.scopes, false))
               AND NOT EXISTS (SELECT FROM views.account AS p
                                WHERE p.owner_id = m.owner_id AND p.under_age)
            """
            + twin
            + " GROUP BY m.month HAVING sum(c.items) > 0 ORDER BY m.month DESC",
            {
                "viewer": view.viewer_id,
                "kinds": list(only.kinds),
                "twin": only.twin_id,
                "labels": list(dict.fromkeys(only.labels)),
                "private": private,
            },
        )
    )


def _counts(only: GalleryFilter, private: list[UUID]) -> LiteralString:
    """Numbers by group. One group may come more than once: its numbers add up."""
    if only.labels:
        items: LiteralString = _ITEMS_OF_LABELS
        if private:
            items += " EXCEPT " + _ITEMS_IN_PRIVATE
        return "SELECT group_id, count(*) AS items FROM (" + items + ") AS l GROUP BY group_id"
    counts: LiteralString = (
        "SELECT group_id, items FROM views.gallery_months WHERE owner_id = %(viewer)s"
    )
    if private:
        counts += (
            " UNION ALL SELECT group_id, -count(*) FROM ("
            + _ITEMS_IN_PRIVATE
            + ") AS l GROUP BY group_id"
        )
    return counts


_ITEMS_OF_LABELS: LiteralString = """
    SELECT asset_id, group_id FROM views.asset_labels
     WHERE owner_id = %(viewer)s AND label_id = ANY (%(labels)s::uuid[]) AND group_id IS NOT NULL
     GROUP BY asset_id, group_id HAVING count(*) = cardinality(%(labels)s::uuid[])"""
_ITEMS_IN_PRIVATE: LiteralString = """
    SELECT DISTINCT asset_id, group_id FROM views.asset_labels
     WHERE owner_id = %(viewer)s AND label_id = ANY (%(private)s::uuid[])
       AND group_id IS NOT NULL"""
