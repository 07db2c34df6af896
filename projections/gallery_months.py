"""How many items a gallery has, by month: counted as facts are folded, since a million are many.

Items are counted by whatever decides together whether they are seen, so that a withdrawal, which
hides what rests on it without an event an item, changes no count. Each row that says an item has a
label says, too, what the item is counted with: those of a label are counted without their rows.
"""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from projections.read_model import Change
from projections.rows import Rows
from projections.scope_versions import scope_versions
from projections.tables import ASSET_LABELS, ASSETS, GALLERY_MONTHS, Row
from topics.messages.fact import Fact


def counting(fact: Fact, asset_id: UUID, change: Change) -> Change:
    """The change of an asset's row, and of the counts that it is among."""
    key = (fact.owner_id.int, asset_id.int)

    def make(rows: Rows) -> None:
        before = _group(rows.get(ASSETS, key))
        change.make(rows)
        after = _group(rows.get(ASSETS, key))
        if before == after:
            return
        for group, by in ((before, -1), (after, 1)):
            if group is not None:
                rows.count(GALLERY_MONTHS, {"owner_id": fact.owner_id, **group}, by)
        now = {"group_id": group_id(rows.get(ASSETS, key))}
        for label in rows.keys(ASSET_LABELS, key):
            rows.change(ASSET_LABELS, label, now)

    labels = (ASSET_LABELS, key)
    if change.begins:
        # What is released only now has no label yet.
        return Change(make, reads=change.reads, begins=(*change.begins, labels))
    return Change(make, reads=(*change.reads, labels), begins=change.begins)


def group_id(asset: Row | None) -> UUID | None:
    """Which counter the item is counted in; None where it is in none."""
    group = _group(asset)
    return None if group is None else group["group_id"]


def _group(asset: Row | None) -> dict[str, Any] | None:
    """What the item is counted with; None for what is in no list but its own: trash, reported."""
    if asset is None or asset["state"] != "released" or asset["purge_at"] is not None:
        return None
    released_at: datetime = asset["released_at"]
    scopes = dict(sorted(scope_versions(asset["scopes"]).items()))
    group = {
        "month": f"{released_at:%Y-%m}-01",
        "kind": asset["kind"],
        "twin_id": asset["twin_id"],
        "consent_epoch": asset["consent_epoch"],
        "scopes": scopes,
        "kept": asset["kept"],
    }
    versions = ",".join(f"{scope}={version}" for scope, version in scopes.items())
    # The migration that counted what was there before makes the same ids.
    name = "|".join(
        str("" if one is None else one)
        for one in (*list(group.values())[:4], versions, "kept" if asset["kept"] else "")
    )
    return {
        "group_id": UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()),
        **group,
    }
