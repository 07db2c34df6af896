"""The gallery: every released output with all that made it.

That a withdrawal hides what rests on it stands in no row: queries compare epochs and scopes.
"""

from typing import Any

import msgspec

from domain.asset import Asset, HiddenBecause
from domain.kernel.personal_text import text_or
from domain.rendition import Rendition
from projections.feed import gallery_changed
from projections.read_model import Change, ReadModel, updated
from projections.rows import Rows
from projections.tables import ASSETS, JOBS, Row
from topics.messages.fact import Fact

gallery = ReadModel("gallery")

_NOT_ASKED_FOR: Row = {
    "prompt": None,
    "negative_prompt": None,
    "settings": None,
    "source_asset_id": None,
}


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
        rows.insert(ASSETS, key, {**row, **{column: job[column] for column in _NOT_ASKED_FOR}})

    released = Change(insert, reads=((JOBS, job_key),), begins=((ASSETS, key),))
    return [released, gallery_changed(fact, asset)]


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
    # What it looked like goes with it, the blur of it, too.
    return _asset(fact, state="purge-requested", hidden_reason=None, placeholder=None)


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
    return [updated(ASSETS, fact, asset_id=asset, **values), gallery_changed(fact, asset)]
