"""A pack is requested, made or over → have it made, and its files deleted in the end."""

from uuid import UUID

from commands.publishing.end_publish_pack import ExpirePublishPack, GiveUpPublishPack
from commands.reactions.deeds import PUBLISH_PACK, AnnounceWork, DeleteObjects, WorkKind
from commands.reactions.deleted_for_good import LATEST_WRITE, deleted_for_good
from commands.reactions.reaction import Intended
from commands.reactions.work_is_announced import publish_pack_of
from domain.object_keys import pack_prefix
from domain.publish_pack import PublishPacks
from domain.time_limits import PACK_KEPT_MAX, PACK_OPEN_MAX


def announced(event: PublishPacks.Requested, owner_id: UUID) -> tuple[Intended, ...]:
    """The screener makes it, as attempt 1 of the job whose id is the pack's."""
    work = AnnounceWork(
        kind=WorkKind.SCREENING,
        job_id=event.pack_id,
        attempt=1,
        engine="",
        batch_key=PUBLISH_PACK,
        owner_id=owner_id,
        twin_id=None,
    )
    return (Intended(work, target=publish_pack_of(event.pack_id)),)


def bounded(event: PublishPacks.Requested, owner_id: UUID) -> tuple[Intended, ...]:
    """Its owner is told that nothing came of it."""
    give_up = GiveUpPublishPack(event.pack_id)
    return (Intended(give_up, due_at=event.timestamp + PACK_OPEN_MAX),)


def expires(event: PublishPacks.Made, owner_id: UUID) -> tuple[Intended, ...]:
    """A day later it is gone."""
    expiry = ExpirePublishPack(event.pack_id)
    return (Intended(expiry, due_at=event.timestamp + PACK_KEPT_MAX),)


def clears_others(event: PublishPacks.Made, owner_id: UUID) -> tuple[Intended, ...]:
    """What other screeners have written of it, and what was left out."""
    assets = dict.fromkeys(file.asset_id for file in event.files)
    places = tuple(pack_prefix(asset_id, event.pack_id) for asset_id in assets)
    others = DeleteObjects(places=places, kept=tuple(file.object_key for file in event.files))
    return (Intended(others, "later", due_at=event.timestamp + LATEST_WRITE),)


def deleted(
    event: PublishPacks.Failed | PublishPacks.Expired, owner_id: UUID
) -> tuple[Intended, ...]:
    """Nothing of it stays."""
    return deleted_for_good(event.places, since=event.timestamp)
