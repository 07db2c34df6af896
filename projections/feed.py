"""The feed: durable deltas for subscriptions, written beside the rows that changed.

A delta is read from its row right after the change, so a subscriber sees what a query at that
position would have answered. It carries no free text.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from psycopg import Cursor

from projections.read_model import Change
from projections.rows import Rows
from projections.scope_versions import scope_versions
from projections.tables import (
    ACCOUNT,
    ASSETS,
    BALANCES,
    BULK_CHANGES,
    FEED,
    JOBS,
    LABELS,
    PUBLISH_PACKS,
    SOURCE_PHOTOS,
    TWINS,
    Row,
    key_of,
)
from topics.messages.fact import Fact

TRIM_MAX = 5_000
"""Deltas that one statement drops unless told otherwise: a few milliseconds of locks."""

_SHOWN_OF_JOB = (
    "kind",
    "engine",
    "twin_id",
    "state",
    "attempt",
    "quoted_millicredits",
    "captured_millicredits",
    "released_millicredits",
    "failure_reason",
    "cancelled_by",
)
_SHOWN_OF_WALLET = ("available", "reserved", "spent")
_SHOWN_OF_ASSET = ("kind", "job_id", "item", "twin_id", "favourite")
_SHOWN_OF_LABEL = ("kind", "private")
_SHOWN_OF_BULK_CHANGE = ("change", "items", "changed", "passed_over", "undone_by")
_SHOWN_OF_SOURCE_PHOTO = ("state", "twin_id")
_SHOWN_OF_PUBLISH_PACK = ("state", "failure_reason")
_SHOWN_OF_ACCOUNT = ("verification", "outcome", "under_age")
_SHOWN_OF_TWIN = (
    "state",
    "photos_state",
    "consent_epoch",
    "submission_id",
    "training_job_id",
)


def job_changed(fact: Fact, job_id: UUID) -> Change:
    """The job as it stands after the changes before this one."""
    key = (fact.owner_id.int, job_id.int)

    def say(rows: Rows) -> None:
        _say(rows, fact, 0, "jobs", job_id, rows.get(JOBS, key), _SHOWN_OF_JOB)

    return Change(say, reads=((JOBS, key),))


def wallet_changed(fact: Fact, purchase_id: UUID | None = None) -> Change:
    """The balances as they stand after the changes before this one, and the purchase that went on.

    One delta for both: whoever resumes after a position has heard all of it.
    """
    key = (fact.owner_id.int,)
    bought = {} if purchase_id is None else {"purchase": str(purchase_id)}

    def say(rows: Rows) -> None:
        row = rows.get(BALANCES, key)
        _say(rows, fact, 1, "wallet", fact.originator_id, row, _SHOWN_OF_WALLET, **bought)

    return Change(say, reads=((BALANCES, key),))


def account_changed(fact: Fact) -> Change:
    """What is known of who somebody is, after the changes before this one."""
    key = (fact.owner_id.int,)

    def say(rows: Rows) -> None:
        _say(rows, fact, 4, "account", fact.owner_id, rows.get(ACCOUNT, key), _SHOWN_OF_ACCOUNT)

    return Change(say, reads=((ACCOUNT, key),))


def gallery_changed(fact: Fact, asset_id: UUID) -> Change:
    """The asset as it stands after the changes before this one."""
    owner = fact.owner_id.int

    def say(rows: Rows) -> None:
        row = rows.get(ASSETS, (owner, asset_id.int))
        state = None
        if row is not None:
            twin = rows.get(TWINS, key_of((owner, row["twin_id"])))
            state = _seen(row, twin, rows.get(ACCOUNT, (owner,)))
        _say(rows, fact, 2, "gallery", asset_id, row, _SHOWN_OF_ASSET, state=state)

    return Change(
        say, reads=((ASSETS, (owner, asset_id.int)), (TWINS, (owner,)), (ACCOUNT, (owner,)))
    )


def sight_changed(fact: Fact) -> Change:
    """Very many assets are hidden at once, without an event each: a gallery is to be seen anew."""

    def say(rows: Rows) -> None:
        _say(rows, fact, 2, "gallery", fact.originator_id, {}, (), of="sight")

    return Change(say)


def label_changed(fact: Fact, label_id: UUID) -> Change:
    """A tag or collection as it stands after the changes before this one; deleted, too."""
    key = (fact.owner_id.int, label_id.int)

    def say(rows: Rows) -> None:
        row = rows.get(LABELS, key)
        shown = _SHOWN_OF_LABEL if row is not None else ()
        _say(rows, fact, 2, "gallery", label_id, row or {}, shown, of="label")

    return Change(say, reads=((LABELS, key),))


def bulk_change_changed(fact: Fact, change_id: UUID) -> Change:
    """How far a change of many items has come after the changes before this one."""
    key = (fact.owner_id.int, change_id.int)

    def say(rows: Rows) -> None:
        row = rows.get(BULK_CHANGES, key)
        _say(rows, fact, 2, "gallery", change_id, row, _SHOWN_OF_BULK_CHANGE, of="bulk-change")

    return Change(say, reads=((BULK_CHANGES, key),))


def source_photo_changed(fact: Fact, photo_id: UUID) -> Change:
    """A photo to begin with as it stands after the changes before this one; deleted, too."""
    key = (fact.owner_id.int, photo_id.int)

    def say(rows: Rows) -> None:
        row = rows.get(SOURCE_PHOTOS, key)
        shown = _SHOWN_OF_SOURCE_PHOTO if row is not None else ()
        _say(rows, fact, 2, "gallery", photo_id, row or {}, shown, of="source-photo")

    return Change(say, reads=((SOURCE_PHOTOS, key),))


def publish_pack_changed(fact: Fact, pack_id: UUID) -> Change:
    """A pack as it stands after the changes before this one; gone, too."""
    key = (fact.owner_id.int, pack_id.int)

    def say(rows: Rows) -> None:
        row = rows.get(PUBLISH_PACKS, key)
        shown = _SHOWN_OF_PUBLISH_PACK if row is not None else ()
        _say(rows, fact, 2, "gallery", pack_id, row or {}, shown, of="publish-pack")

    return Change(say, reads=((PUBLISH_PACKS, key),))


def twin_changed(fact: Fact, twin_id: UUID) -> Change:
    """The twin as it stands after the changes before this one."""
    owner = fact.owner_id.int

    def say(rows: Rows) -> None:
        _say(rows, fact, 3, "twins", twin_id, rows.get(TWINS, (owner, twin_id.int)), _SHOWN_OF_TWIN)

    return Change(say, reads=((TWINS, (owner,)),))


def _seen(asset: Row, twin: Row | None, account: Row | None) -> Any:
    """Hidden is derived, here as in queries/gallery/gallery.py."""
    if asset["purge_at"] is not None and asset["state"] in ("released", "hidden"):
        return "trashed"
    if asset["state"] != "released":
        return asset["state"]
    if account is not None and account["under_age"]:
        return "hidden"
    epoch = asset["consent_epoch"]
    if asset["kept"] or twin is None or epoch is None:
        return "released"
    rests_on, now = scope_versions(asset["scopes"]), scope_versions(twin["scope_versions"])
    covered = epoch >= twin["consent_epoch"] and rests_on.items() <= now.items()
    return "released" if covered else "hidden"


def _say(
    rows: Rows,
    fact: Fact,
    ordinal: int,
    topic: str,
    subject_id: UUID,
    row: Row | None,
    shown: Sequence[str],
    **more: Any,
) -> None:
    if row is None:
        return
    delta = {
        "owner_id": fact.owner_id,
        "position": fact.position,
        "ordinal": ordinal,
        "topic": topic,
        "subject_id": subject_id,
        "payload": {"event": fact.event_type, **{name: row[name] for name in shown}, **more},
        "recorded_at": fact.recorded_at,
    }
    rows.add(FEED, delta)


def trim(cursor: Cursor[Any], *, recorded_before: datetime, limit: int = TRIM_MAX) -> int:
    """Drop up to `limit` deltas older than `recorded_before`, the oldest first, and remember up to
    where. Returns how many.

    Whoever resumes from before that point is told `Lagged` and takes a new snapshot. The cursor's
    role must be allowed to write read models.
    """
    cursor.execute(
        """
        WITH gone AS (
            DELETE FROM views.feed WHERE (owner_id, position, ordinal) IN (
                SELECT owner_id, position, ordinal FROM views.feed
                WHERE recorded_at < %s ORDER BY recorded_at LIMIT %s
            ) RETURNING owner_id, position
        )
        INSERT INTO views.feed_trimmed AS t (owner_id, position, dropped)
        SELECT owner_id, max(position), count(*) FROM gone GROUP BY owner_id
        ON CONFLICT (owner_id) DO UPDATE
           SET position = greatest(t.position, excluded.position),
               dropped = t.dropped + excluded.dropped
        RETURNING (SELECT count(*) FROM gone)
        """,
        (recorded_before, limit),
    )
    counted = cast(Sequence[int] | None, cursor.fetchone())
    return int(counted[0]) if counted is not None else 0
