"""What a person agreed to for a twin, one row a decision, and what followed from taking it back."""

from datetime import datetime
from typing import Any

from domain.twin import Twin
from projections.read_model import Change, inserted, updated
from projections.tables import CONSENT_DECISIONS, Row
from topics.messages.fact import Fact


def decided(kind: str, at: datetime, fact: Fact, **values: Any) -> Change:
    """One decision. `kind` is released, granted, added, taken-back or withdrawn."""
    row = {
        "text_sha256": None,
        "scopes": (),
        "stopped_jobs": (),
        "places": (),
        "deleted_objects": 0,
        "deleted_at": None,
        **values,
    }
    return inserted(
        CONSENT_DECISIONS,
        fact,
        twin_id=fact.originator_id,
        version=fact.originator_version,
        kind=kind,
        decided_at=at,
        **row,
    )


def to_be_emptied(event: Twin.DeletionRequested, fact: Fact) -> Change:
    """Places of a decision are named by the event behind it, in the same save."""
    before = fact.originator_version - 1

    def took_back(row: Row) -> bool:
        return row["kind"] in ("taken-back", "withdrawn")

    return updated(
        CONSENT_DECISIONS,
        fact,
        where=took_back,
        twin_id=fact.originator_id,
        version=before,
        places=event.prefixes,
    )


def emptied(event: Twin.Deleted, fact: Fact) -> Change:
    """Whose places these were learns how much was there."""

    def was_of(row: Row) -> bool:
        return not set(row["places"]).isdisjoint(event.prefixes)

    return updated(
        CONSENT_DECISIONS,
        fact,
        where=was_of,
        twin_id=fact.originator_id,
        deleted_objects=lambda row: row["deleted_objects"] + event.object_count,
        deleted_at=event.timestamp,
    )
