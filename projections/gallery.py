"""The gallery: every released output with all that made it.

That a withdrawal hides what rests on it stands in no row: queries compare epochs and scopes.
"""

from typing import Any
from uuid import UUID

import msgspec

from domain.asset import Asset, HiddenBecause
from domain.kernel.personal_text import text_or
from domain.kernel.search_text import folded
from domain.rendition import Rendition
from projections.feed import gallery_changed
from projections.gallery_months import counting, group_id
from projections.read_model import Change, ReadModel, deleted, updated
from projections.rows import Rows
from projections.tables import ASSET_LABELS, ASSETS, JOBS, Row
from topics.messages.fact import Fact

gallery = ReadModel("gallery")

_NOT_ASKED_FOR: Row = {
    "prompt": None,
    "negative_prompt": None,
    "settings": None,
    "source_asset_id": None,
    "source_photo_id": None,
}


class _Look(msgspec.Struct):
    """What a list is filtered by, of a job's settings. A training has neither."""

    style: str | None = None
    aspect_ratio: str | None = None


@gallery.on(Asset.Released)
def _released(event: Asset.Released, fact: Fact) -> list[Change]:
    asset = fact.originator_id
    key, job_key = (fact.owner_id.int, asset.int), (fact.owner_id.int, event.job_id.int)
    master = event.master
    row = {
        "owner_id": fact.owner_id,
        "asset_id": asset,
        "job_id": event.job_id,
        "item": event.item,
        "twin_id": event.twin_id,
        "kind": event.kind.value,
        "engine": event.engine,
        "rating": event.rating.value,
        "state": "released",
        "hidden_reason": None,
        "favourite": False,
        "kept": False,
        "labels": (),
        "purge_at": None,
        "object_key": master.object_key,
        "sha256": master.sha256,
        "size_bytes": master.size_bytes,
        "width": master.width,
        "height": master.height,
        "media_type": master.media_type,
        "duration_ms": master.duration_ms,
        "renditions": event.renditions,
        "likeness": event.likeness,
        "placeholder": text_or(event.placeholder) or None,
        "seed": event.seed,
        "checks": event.checks,
        "policy_version": event.policy_version,
        "consent_epoch": event.epoch,
        "scopes": event.rests_on,
        "released_at": event.timestamp,
        "released_position": fact.position,
        "position": fact.position,
    }

    def insert(rows: Rows) -> None:
        # What was asked for stands in the job's row, which is always folded before.
        job = rows.get(JOBS, job_key) or _NOT_ASKED_FOR
        asked = {column: job[column] for column in _NOT_ASKED_FOR}
        rows.insert(ASSETS, key, {**row, **asked, **_found_by(job, event.job_id)})

    released = Change(insert, reads=((JOBS, job_key),), begins=((ASSETS, key),))
    return [counting(fact, asset, released), gallery_changed(fact, asset)]


@gallery.on(Asset.ThumbnailsAdded)
def _thumbnails_added(event: Asset.ThumbnailsAdded, fact: Fact) -> list[Change]:
    def with_these(row: Row) -> tuple[Rendition, ...]:
        return (*_renditions(row["renditions"]), *event.renditions)

    placeholder = text_or(event.placeholder) or None
    return _asset(fact, renditions=with_these, placeholder=placeholder)


@gallery.on(Asset.Favourited)
def _favourited(event: Asset.Favourited, fact: Fact) -> list[Change]:
    return _asset(fact, favourite=True)


@gallery.on(Asset.Unfavourited)
def _unfavourited(event: Asset.Unfavourited, fact: Fact) -> list[Change]:
    return _asset(fact, favourite=False)


@gallery.on(Asset.Labelled)
def _labelled(event: Asset.Labelled, fact: Fact) -> list[Change]:
    asset = fact.originator_id
    key = (fact.owner_id.int, asset.int)

    def put(rows: Rows) -> None:
        row = rows.get(ASSETS, key)
        if row is not None:
            label = {
                "owner_id": fact.owner_id,
                "asset_id": asset,
                "label_id": event.label_id,
                "released_position": row["released_position"],
                "group_id": group_id(row),
                "position": fact.position,
            }
            rows.put(ASSET_LABELS, (*key, event.label_id.int), label)

    listed = Change(put, reads=((ASSETS, key), (ASSET_LABELS, key)))
    return [listed, *_asset(fact, labels=lambda row: [*row["labels"], event.label_id])]


@gallery.on(Asset.Unlabelled)
def _unlabelled(event: Asset.Unlabelled, fact: Fact) -> list[Change]:
    def left(row: Row) -> list[UUID]:
        return [one for one in row["labels"] if one != event.label_id]

    taken = deleted(ASSET_LABELS, fact, asset_id=fact.originator_id, label_id=event.label_id)
    return [taken, *_asset(fact, labels=left)]


@gallery.on(Asset.Trashed)
def _trashed(event: Asset.Trashed, fact: Fact) -> list[Change]:
    return _asset(fact, purge_at=event.purge_at)


@gallery.on(Asset.Restored)
def _restored(event: Asset.Restored, fact: Fact) -> list[Change]:
    return _asset(fact, purge_at=None)


@gallery.on(Asset.Hidden)
def _hidden(event: Asset.Hidden, fact: Fact) -> list[Change]:
    if event.reason is HiddenBecause.CONSENT_WITHDRAWN:
        # Of before: now the epochs of asset and twin say it, and no event.
        return _asset(fact)
    return _asset(fact, state="hidden", hidden_reason=event.reason.value)


@gallery.on(Asset.Kept)
def _kept(event: Asset.Kept, fact: Fact) -> list[Change]:
    return _asset(fact, kept=True)


@gallery.on(Asset.PurgeRequested)
def _purge_requested(event: Asset.PurgeRequested, fact: Fact) -> list[Change]:
    gone = deleted(ASSET_LABELS, fact, asset_id=fact.originator_id)
    # What it looked like goes with it, the blur of it, too.
    left = {"state": "purge-requested", "hidden_reason": None, "purge_at": None}
    return [gone, *_asset(fact, **left, placeholder=None)]


@gallery.on(Asset.Purged)
def _purged(event: Asset.Purged, fact: Fact) -> list[Change]:
    return _asset(fact, state="purged")


def _renditions(value: msgspec.Raw | tuple[Rendition, ...]) -> tuple[Rendition, ...]:
    """As a handler has left them in this batch, or as the JSON that was loaded."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value, type=tuple[Rendition, ...])
    return value


def _asset(fact: Fact, **values: Any) -> list[Change]:
    asset = fact.originator_id
    changed = updated(ASSETS, fact, asset_id=asset, **values)
    return [counting(fact, asset, changed), gallery_changed(fact, asset)]


def _found_by(job: Row, job_id: UUID) -> Row:
    """What the item is found by, of what was asked for."""
    settings, prompt = job["settings"], job["prompt"]
    if isinstance(settings, msgspec.Raw):
        settings = msgspec.json.decode(settings, type=_Look)
    return {
        "stack_id": job.get("stack_id", job_id),
        "style": getattr(settings, "style", None),
        "ratio": getattr(settings, "aspect_ratio", None),
        "search_text": None if prompt is None else folded(prompt),
    }
