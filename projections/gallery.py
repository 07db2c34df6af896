"""The gallery: every released output with all that made it.

That a withdrawal hides what rests on it stands in no row: queries compare the epochs.
"""

from typing import Any, LiteralString

from domain.asset import Asset, HiddenBecause
from projections.feed import gallery_changed
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

gallery = ReadModel("gallery")

_SEEN: LiteralString = """
    UPDATE assets AS a SET position = c.position
      FROM json_populate_recordset(NULL::assets, %(rows)s) AS c
     WHERE a.owner_id = c.owner_id AND a.asset_id = c.asset_id
"""


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
        SELECT c.owner_id, c.asset_id, c.job_id, c.item, c.twin_id, c.kind, c.engine, c.rating,
               c.object_key, c.sha256, c.size_bytes, c.width, c.height, c.media_type, c.seed,
               j.prompt, j.negative_prompt, j.settings, c.checks, c.policy_version,
               c.consent_epoch, c.released_at, c.position, c.position
          FROM json_populate_recordset(NULL::assets, %(rows)s) AS c
          LEFT JOIN jobs AS j ON j.owner_id = c.owner_id AND j.job_id = c.job_id
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
        checks=event.checks,
        policy_version=event.policy_version,
        consent_epoch=event.epoch,
        released_at=event.timestamp,
    )


@gallery.on(Asset.Favourited)
def _favourited(event: Asset.Favourited, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets AS a SET favourite = true, position = c.position
          FROM json_populate_recordset(NULL::assets, %(rows)s) AS c
         WHERE a.owner_id = c.owner_id AND a.asset_id = c.asset_id
        """,
    )


@gallery.on(Asset.Unfavourited)
def _unfavourited(event: Asset.Unfavourited, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets AS a SET favourite = false, position = c.position
          FROM json_populate_recordset(NULL::assets, %(rows)s) AS c
         WHERE a.owner_id = c.owner_id AND a.asset_id = c.asset_id
        """,
    )


@gallery.on(Asset.Hidden)
def _hidden(event: Asset.Hidden, fact: Fact) -> list[Change]:
    if event.reason is HiddenBecause.CONSENT_WITHDRAWN:
        # Of before: now the epochs of asset and twin say it, and no event.
        return _asset(fact, _SEEN)
    return _asset(
        fact,
        """
        UPDATE assets AS a
           SET state = 'hidden', hidden_reason = c.hidden_reason, position = c.position
          FROM json_populate_recordset(NULL::assets, %(rows)s) AS c
         WHERE a.owner_id = c.owner_id AND a.asset_id = c.asset_id
        """,
        hidden_reason=event.reason.value,
    )


@gallery.on(Asset.Kept)
def _kept(event: Asset.Kept, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets AS a SET kept = true, position = c.position
          FROM json_populate_recordset(NULL::assets, %(rows)s) AS c
         WHERE a.owner_id = c.owner_id AND a.asset_id = c.asset_id
        """,
    )


@gallery.on(Asset.PurgeRequested)
def _purge_requested(event: Asset.PurgeRequested, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets AS a
           SET state = 'purge-requested', hidden_reason = NULL, position = c.position
          FROM json_populate_recordset(NULL::assets, %(rows)s) AS c
         WHERE a.owner_id = c.owner_id AND a.asset_id = c.asset_id
        """,
    )


@gallery.on(Asset.Purged)
def _purged(event: Asset.Purged, fact: Fact) -> list[Change]:
    return _asset(
        fact,
        """
        UPDATE assets AS a SET state = 'purged', position = c.position
          FROM json_populate_recordset(NULL::assets, %(rows)s) AS c
         WHERE a.owner_id = c.owner_id AND a.asset_id = c.asset_id
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
