"""The gallery: every released output with all that made it."""

from typing import Any, LiteralString

import msgspec
from psycopg.types.json import Jsonb

from domain.asset import Asset
from projections.feed import gallery_changed
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

gallery = ReadModel("gallery")


@gallery.on(Asset.Released)
def _released(event: Asset.Released, fact: Fact) -> list[Change]:
    # What was asked for stands in the job's row, which is always folded before.
    return _asset(
        fact,
        """
        INSERT INTO assets (owner_id, asset_id, job_id, item, twin_id, kind, engine, rating,
                            object_key, sha256, size_bytes, width, height, media_type, seed,
                            prompt, negative_prompt, settings, checks, policy_version,
                            consent_epoch, released_at, released_position, position)
        SELECT %(owner_id)s, %(asset_id)s, %(job_id)s, %(item)s, %(twin_id)s, %(kind)s, %(engine)s,
               %(rating)s, %(object_key)s, %(sha256)s, %(size_bytes)s, %(width)s, %(height)s,
               %(media_type)s, %(seed)s, j.prompt, j.negative_prompt, j.settings, %(checks)s,
               %(policy_version)s, %(epoch)s, %(at)s, %(position)s, %(position)s
          FROM (SELECT 1) AS one
          LEFT JOIN jobs j ON j.owner_id = %(owner_id)s AND j.job_id = %(job_id)s
        """,
        job_id=event.job_id,
        item=event.item,
        twin_id=event.twin_id,
        kind=event.kind.value,
        engine=event.engine,
        rating=event.rating.value,
        object_key=event.object_key,
        sha256=event.sha256,
        size_bytes=event.size_bytes,
        width=event.width,
        height=event.height,
        media_type=event.media_type,
        seed=event.seed,
        checks=Jsonb(msgspec.to_builtins(event.checks)),
        policy_version=event.policy_version,
        epoch=event.epoch,
        at=event.timestamp,
    )


@gallery.on(Asset.Favourited)
def _favourited(event: Asset.Favourited, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets SET favourite = true, position = %(position)s
         WHERE owner_id = %(owner_id)s AND asset_id = %(asset_id)s
        """,
    )


@gallery.on(Asset.Unfavourited)
def _unfavourited(event: Asset.Unfavourited, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets SET favourite = false, position = %(position)s
         WHERE owner_id = %(owner_id)s AND asset_id = %(asset_id)s
        """,
    )


@gallery.on(Asset.Hidden)
def _hidden(event: Asset.Hidden, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets SET state = 'hidden', hidden_reason = %(reason)s, position = %(position)s
         WHERE owner_id = %(owner_id)s AND asset_id = %(asset_id)s
        """,
        reason=event.reason.value,
    )


@gallery.on(Asset.Kept)
def _kept(event: Asset.Kept, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets SET state = 'released', hidden_reason = NULL, position = %(position)s
         WHERE owner_id = %(owner_id)s AND asset_id = %(asset_id)s
        """,
    )


@gallery.on(Asset.PurgeRequested)
def _purge_requested(event: Asset.PurgeRequested, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets SET state = 'purge-requested', position = %(position)s
         WHERE owner_id = %(owner_id)s AND asset_id = %(asset_id)s
        """,
    )


@gallery.on(Asset.Purged)
def _purged(event: Asset.Purged, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets SET state = 'purged', position = %(position)s
         WHERE owner_id = %(owner_id)s AND asset_id = %(asset_id)s
        """,
    )


def _asset(fact: Fact, statement: LiteralString, **more: Any) -> list[Change]:
    values = {
        "owner_id": fact.owner_id,
        "asset_id": fact.originator_id,
        "position": fact.position,
        **more,
    }
    return [Change(statement, values), gallery_changed(fact, fact.originator_id)]
