"""The screener wants to make a pack: it alone holds the key that signs."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.publishing.own_packs import in_sight
from commands.work import Work
from domain.kernel.identity import publish_packs_id
from domain.object_keys import pack_key
from domain.publish_pack import PublishPacks
from domain.publish_preset import PublishPreset


@dataclass(frozen=True)
class ClaimPublishPack:
    """A question: asked with `Studio.preview`, anew for every claim. Nothing is recorded."""

    pack_id: UUID
    claim_id: UUID


class PackFileGrant(msgspec.Struct, frozen=True):
    """One file to make, and where it goes."""

    preset: PublishPreset
    object_key: str


class PackItemGrant(msgspec.Struct, frozen=True):
    """One master to read and check, and what is to be made of it."""

    asset_id: UUID
    object_key: str
    sha256: str
    duration_ms: int | None
    files: tuple[PackFileGrant, ...]


class PublishPackGranted(msgspec.Struct, frozen=True, tag="granted"):
    """The items that are in sight; maybe none."""

    pack_id: UUID
    owner_id: UUID
    items: tuple[PackItemGrant, ...]


def handle(question: ClaimPublishPack, work: Work) -> PublishPackGranted | ClaimDenied:
    """The work for a pack that waits."""
    packs = work.find(PublishPacks, publish_packs_id(work.owner_id))
    pack = None if packs is None else packs.kept.get(question.pack_id)
    if pack is None:
        return ClaimDenied(ClaimDenial.UNKNOWN_JOB)
    if pack.is_made:
        return ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    shown, _ = in_sight(work, [item.asset_id for item in pack.items])
    return PublishPackGranted(
        pack_id=question.pack_id,
        owner_id=work.owner_id,
        items=tuple(
            PackItemGrant(
                item.asset_id,
                item.object_key,
                item.sha256,
                item.duration_ms,
                tuple(
                    PackFileGrant(
                        preset,
                        pack_key(item.asset_id, question.pack_id, question.claim_id, preset),
                    )
                    for preset in pack.presets
                ),
            )
            for item in pack.items
            if item.asset_id in shown
        ),
    )
