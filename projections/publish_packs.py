"""Packs of items to be published, while they are there."""

from domain.publish_pack import PublishPacks
from projections.feed import publish_pack_changed
from projections.read_model import Change, ReadModel, deleted, replaced, updated
from projections.tables import PUBLISH_PACKS
from topics.messages.fact import Fact

publish_packs = ReadModel("publish-packs")


@publish_packs.on(PublishPacks.Requested)
def _requested(event: PublishPacks.Requested, fact: Fact) -> list[Change]:
    # In the place of one of the same key that nobody made: the answer to its command was swept.
    requested = replaced(
        PUBLISH_PACKS,
        fact,
        pack_id=event.pack_id,
        state="requested",
        asset_ids=tuple(item.asset_id for item in event.items),
        presets=event.presets,
        files=(),
        failure_reason=None,
        requested_at=event.timestamp,
        decided_at=None,
        requested_position=fact.position,
    )
    return [requested, publish_pack_changed(fact, event.pack_id)]


@publish_packs.on(PublishPacks.Made)
def _made(event: PublishPacks.Made, fact: Fact) -> list[Change]:
    made = updated(
        PUBLISH_PACKS,
        fact,
        pack_id=event.pack_id,
        state="made",
        files=event.files,
        decided_at=event.timestamp,
    )
    return [made, publish_pack_changed(fact, event.pack_id)]


@publish_packs.on(PublishPacks.Failed)
def _failed(event: PublishPacks.Failed, fact: Fact) -> list[Change]:
    failed = updated(
        PUBLISH_PACKS,
        fact,
        pack_id=event.pack_id,
        state="failed",
        failure_reason=event.reason.value,
        decided_at=event.timestamp,
    )
    return [failed, publish_pack_changed(fact, event.pack_id)]


@publish_packs.on(PublishPacks.Expired)
def _expired(event: PublishPacks.Expired, fact: Fact) -> list[Change]:
    gone = deleted(PUBLISH_PACKS, fact, pack_id=event.pack_id)
    return [gone, publish_pack_changed(fact, event.pack_id)]
