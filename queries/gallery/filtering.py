"""What a gallery may be filtered by, and how that is asked for: each a range of an index.

Conditions are put together from what is wanted, since a statement that allows for everything is
planned for nothing.
"""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from domain.kernel.search_text import folded
from queries.gallery.asset_rows import ASSET_ROWS, ASSETS
from queries.gallery.rare_words import containing, jobs_of_a_rare_word
from queries.viewer import View


class GalleryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What to show. None and empty show all.

    `text`: words, each any part of the prompt, whatever its case, marks and Unicode form. `tags`:
    all of them. `since` and `until` bound the time of release, the end excluded. Items of private
    collections are left out of all that is shown, until `collection` opens one. `stacked` shows one
    item of each stack: its newest, whose time is the stack's.
    """

    twin_id: UUID | None = None
    text: str | None = None
    favourite: bool | None = None
    kinds: tuple[str, ...] = ("image", "video")
    states: tuple[str, ...] = ("released",)
    style: str | None = None
    ratio: str | None = None
    ratings: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    tags: tuple[UUID, ...] = ()
    collection: UUID | None = None
    stack_id: UUID | None = None
    stacked: bool = False

    @property
    def labels(self) -> tuple[UUID, ...]:
        """Tags and collection that an item has to have, the collection first."""
        return (*(() if self.collection is None else (self.collection,)), *self.tags)


EVERYTHING = GalleryFilter()


class Found(msgspec.Struct, frozen=True):
    """The parts of a statement, and its values. `place` is what orders and pages the items.

    `few`: so few that they are sorted. Others are read from an index in their order.
    """

    rows: LiteralString
    conditions: LiteralString
    place: LiteralString
    newest_first: LiteralString
    stack_size: LiteralString
    values: dict[str, Any]
    few: bool


class Label(msgspec.Struct, frozen=True):
    """A tag or collection that the filter has to do with."""

    label_id: UUID
    private: bool


def found_by(view: View, only: GalleryFilter) -> Found | None:
    """How to ask for what a filter lets through; None where a label is not there."""
    labels = {label.label_id: label.private for label in labels_of(view, only)}
    if not set(only.labels) <= labels.keys():
        return None
    opened = only.collection is not None and labels[only.collection]
    private = [one for one, is_private in labels.items() if is_private]
    words = words_of(only.text or "")
    jobs = jobs_of_a_rare_word(view, words) if words else None
    conditions, values = _conditions(only, words)
    # Until when is asked of a stack, and not of what is in it: it stands once, at its newest.
    of_stack, _ = _conditions(msgspec.structs.replace(only, until=None), words)
    if private and not opened:
        # What is in the trash, or hidden, is in a list of that, private or not.
        in_sight: LiteralString = "(NOT @.labels && %(private)s::uuid[] OR @.state <> 'released')"
        conditions.append(in_sight)
        of_stack.append(in_sight)
        values["private"] = private
    by_label = bool(only.labels) and jobs is None
    if only.labels and not by_label:
        conditions.append("@.labels @> %(labels)s::uuid[]")
        of_stack.append("@.labels @> %(labels)s::uuid[]")
        values["labels"] = list(only.labels)
    values["viewer"] = view.viewer_id
    values["jobs"] = jobs if jobs is None else list(jobs)
    rows = ASSETS if jobs is None else _OF_JOBS
    place: LiteralString = "assets.released_position, assets.asset_id"
    newest_first: LiteralString = "assets.released_position DESC, assets.asset_id DESC"
    if by_label:
        rows, place, newest_first = _LABELLED, _LABELLED_PLACE, _LABELLED_NEWEST_FIRST
    of_all: LiteralString = " AND ".join(conditions).replace("@.", "assets.")
    of_labels = _of_labels(only, values) if by_label else []
    stack_size: LiteralString = ""
    if only.stacked:
        of_others: LiteralString = " AND ".join(of_stack).replace("@.", "others.")
        others: LiteralString = (
            ASSET_ROWS + " AS others WHERE others.stack_id = assets.stack_id AND " + of_others
        )
        for condition in of_labels[1:]:
            others += " AND " + condition.replace("@.", "others.")
        if by_label:
            others += " AND " + _HAS_FIRST.replace("@.", "others.")
        stack_size = ", (SELECT count(*) FROM " + others + ") AS stack_size"
        of_all += (
            " AND NOT EXISTS (SELECT FROM "
            + others
            + " AND (others.released_position, others.asset_id)"
            + " > (assets.released_position, assets.asset_id))"
        )
    for condition in of_labels:
        of_all += " AND " + condition.replace("@.", "assets.")
    return Found(rows, of_all, place, newest_first, stack_size, values, few=jobs is not None)


def labels_of(view: View, only: GalleryFilter) -> list[Label]:
    """The labels that the filter names, as far as there are any, and all private ones."""
    return view.many(
        Label,
        """
        SELECT label_id, private FROM views.labels
         WHERE owner_id = %(viewer)s AND (private OR label_id = ANY (%(asked)s::uuid[]))
        """,
        {"viewer": view.viewer_id, "asked": list(only.labels)},
    )


_HAS_FIRST: LiteralString = """EXISTS (
    SELECT FROM views.asset_labels AS f WHERE f.owner_id = %(viewer)s
       AND f.asset_id = @.asset_id AND f.label_id = %(label)s)"""


_OF_JOBS: LiteralString = (
    "unnest(%(jobs)s::uuid[]) AS job (job_id) CROSS JOIN LATERAL (SELECT * FROM "
    + ASSET_ROWS
    + """ AS one WHERE one.owner_id = %(viewer)s AND one.job_id = job.job_id
    OFFSET 0) AS assets"""
)
_LABELLED: LiteralString = (
    "views.asset_labels AS labelled CROSS JOIN LATERAL (SELECT * FROM "
    + ASSET_ROWS
    + """ AS one WHERE one.owner_id = labelled.owner_id AND one.asset_id = labelled.asset_id
    OFFSET 0) AS assets"""
)
"""Each row is found by its key, whatever else is asked of it: a planner that was never told how
many there are would as soon read all of an owner's rows for each. So are those of a job."""

_LABELLED_PLACE: LiteralString = "labelled.released_position, labelled.asset_id"
_LABELLED_NEWEST_FIRST: LiteralString = "labelled.released_position DESC, labelled.asset_id DESC"


def _of_labels(only: GalleryFilter, values: dict[str, Any]) -> list[LiteralString]:
    """The first label leads, all others are looked up of each item that has it."""
    first, *others = only.labels
    values["label"] = first
    found: list[LiteralString] = [
        "labelled.owner_id = %(viewer)s AND labelled.label_id = %(label)s"
    ]
    if others:
        values["labels"] = others
        found.append("@.labels @> %(labels)s::uuid[]")
    return found


def _conditions(
    only: GalleryFilter, words: list[str]
) -> tuple[list[LiteralString], dict[str, Any]]:
    """Of one row, whose columns are written @.column, and the values that stand in them."""
    found: list[LiteralString] = ["@.owner_id = %(viewer)s", "@.state = ANY (%(states)s::text[])"]
    values: dict[str, Any] = {"states": list(only.states)}
    # One value is compared so that an index has it. Of several, rows are looked through: whoever
    # read them from an index would have to sort all of them.
    equal: tuple[tuple[LiteralString, str, Any], ...] = (
        ("@.twin_id = %(twin)s", "twin", only.twin_id),
        ("@.style = %(style)s", "style", only.style),
        ("@.ratio = %(ratio)s", "ratio", only.ratio),
        ("@.stack_id = %(stack)s", "stack", only.stack_id),
        ("@.released_at >= %(since)s AND " + _FROM_SINCE, "since", only.since),
        ("@.released_at < %(until)s AND " + _TO_UNTIL, "until", only.until),
    )
    for condition, name, value in equal:
        if value is not None:
            found.append(condition)
            values[name] = value
    several: tuple[tuple[LiteralString, LiteralString, str, tuple[str, ...]], ...] = (
        ("@.kind = %(kind)s", "%(kind)s::text[] @> ARRAY[@.kind]", "kind", only.kinds),
        ("@.rating = %(rating)s", "%(rating)s::text[] @> ARRAY[@.rating]", "rating", only.ratings),
    )
    for of_one, of_some, name, wanted in several:
        if wanted:
            found.append(of_one if len(wanted) == 1 else of_some)
            values[name] = wanted[0] if len(wanted) == 1 else list(wanted)
    if only.favourite is not None:
        found.append("@.favourite" if only.favourite else "NOT @.favourite")
    if only.states == ("trashed",):
        found.append("@.purge_at IS NOT NULL")
    if words:
        found.append("@.search_text LIKE ALL (%(words)s::text[])")
        values["words"] = [containing(word) for word in words]
    return found, values


_FROM_SINCE: LiteralString = """@.released_position >= coalesce((
    SELECT b.released_position FROM views.assets AS b
     WHERE b.owner_id = %(viewer)s AND b.released_at < %(since)s::timestamptz - interval '1 hour'
     ORDER BY b.released_at DESC LIMIT 1), 0)"""
_TO_UNTIL: LiteralString = """@.released_position <= coalesce((
    SELECT b.released_position FROM views.assets AS b
     WHERE b.owner_id = %(viewer)s AND b.released_at >= %(until)s::timestamptz + interval '1 hour'
     ORDER BY b.released_at LIMIT 1), 9223372036854775807)"""
"""Where in the list a time stands, so that what is newer is not looked through. Positions are in
the order of times, but for clocks that differ: by less than an hour, or they are put right."""


def words_of(text: str) -> list[str]:
    """The different words that are looked for: none of them is left out."""
    return list(dict.fromkeys(folded(text).split()))
