"""What changed since a position: the durable deltas of one viewer, in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from queries.viewer import View

FEED_REPLAY_MAX = 1_000
"""Whoever is further behind is quicker with a new snapshot."""


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one subject. `topic` is jobs, wallet, gallery, twins or account.

    (`position`, `ordinal`) orders deltas and is unique for a viewer. `payload` names the event and
    holds the subject's state right after it, without free text.
    """

    position: int
    ordinal: int
    topic: str
    subject_id: UUID
    payload: dict[str, Any]
    recorded_at: datetime


class Lagged(msgspec.Struct, frozen=True):
    """Deltas lead nowhere from this position. At least `count` of them are behind it.

    It is too old, or so much was hidden at once since that only a new snapshot shows what is left.
    """

    count: int


class _Missed(msgspec.Struct, frozen=True):
    count: int
    trimmed: bool
    anew: bool


def feed_after(
    view: View, position: int, *, topics: Sequence[str] = ()
) -> tuple[Delta, ...] | Lagged:
    """All deltas after `position`, of `topics` where any are named; or `Lagged`.

    Whole positions only: the last delta's position is where to resume, without gap or duplicate.
    """
    values = {"viewer": view.viewer_id, "position": position, "topics": list(topics)}
    missed = view.one(
        _Missed,
        """
        SELECT count(f.position) + coalesce(max(t.dropped), 0) AS count,
               max(t.position) IS NOT NULL AS trimmed,
               coalesce(bool_or(f.payload ->> 'of' = 'sight'), false) AS anew
          FROM (SELECT %(viewer)s::uuid AS owner_id) v
          LEFT JOIN views.feed f ON f.owner_id = v.owner_id AND f.position > %(position)s
           AND (cardinality(%(topics)s::text[]) = 0 OR f.topic = ANY (%(topics)s::text[]))
          LEFT JOIN views.feed_trimmed t ON t.owner_id = v.owner_id AND t.position > %(position)s
        """,
        values,
    )
    if missed is not None and (missed.trimmed or missed.anew or missed.count > FEED_REPLAY_MAX):
        return Lagged(missed.count)
    return tuple(
        view.many(
            Delta,
            """
            SELECT position, ordinal, topic, subject_id, payload, recorded_at FROM views.feed
             WHERE owner_id = %(viewer)s AND position > %(position)s
               AND (cardinality(%(topics)s::text[]) = 0 OR topic = ANY (%(topics)s::text[]))
             ORDER BY position, ordinal
            """,
            values,
        )
    )
