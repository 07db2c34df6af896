"""The screener has made a pack."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.jobs.late import ReportLate, ReportTaken
from commands.publishing.own_packs import in_sight, own_packs
from commands.work import Work
from domain.object_keys import pack_key
from domain.publish_pack import PackFile
from domain.publish_preset import PublishPreset
from domain.refusals import StaleResult


@dataclass(frozen=True)
class WrittenPackFile:
    """One file as it lies there. Sizes in pixels, `sha256` in lower-case hex."""

    asset_id: UUID
    preset: PublishPreset
    sha256: str
    size_bytes: int
    media_type: str
    width: int
    height: int


@dataclass(frozen=True)
class RecordPublishPack:
    """What was made, signed and verified; it lies where `claim_id` says."""

    pack_id: UUID
    claim_id: UUID
    files: tuple[WrittenPackFile, ...]


def publish_pack_key(pack_id: UUID, claim_id: UUID) -> UUID:
    """One report per claim, however often it is delivered."""
    return uuid5(pack_id, f"{claim_id}:made")


def handle(command: RecordPublishPack, work: Work) -> ReportTaken | ReportLate:
    """Take what is of items that are still in sight, unless nobody waits for it any more.

    Whoever could make nothing of them gives up.
    """
    try:
        packs = own_packs(work)
        pack = packs.waiting(command.pack_id)
        shown, rests_on = in_sight(work, [item.asset_id for item in pack.items])
        files = [
            PackFile(
                asset_id=file.asset_id,
                preset=file.preset,
                object_key=pack_key(file.asset_id, command.pack_id, command.claim_id, file.preset),
                sha256=file.sha256,
                size_bytes=file.size_bytes,
                media_type=file.media_type,
                width=file.width,
                height=file.height,
            )
            for file in command.files
            if file.asset_id in shown
        ]
        if shown and not files:
            packs.give_up(command.pack_id, at=work.now)
        else:
            packs.record_made(command.pack_id, files, at=work.now)
    except StaleResult:
        return ReportLate()
    work.save(packs, unchanged=rests_on)
    return ReportTaken()
