"""Time is over for a pack: nobody made it, or nobody needs it any more."""

from dataclasses import dataclass
from uuid import UUID

from commands.publishing.own_packs import own_packs
from commands.work import Work


@dataclass(frozen=True)
class GiveUpPublishPack:
    """One that waits."""

    pack_id: UUID


@dataclass(frozen=True)
class ExpirePublishPack:
    """One that was made."""

    pack_id: UUID


def give_up(command: GiveUpPublishPack, work: Work) -> None:
    """Nothing came of it. Raises `StaleResult` where somebody has made it."""
    packs = own_packs(work)
    packs.give_up(command.pack_id, at=work.now)
    work.save(packs)


def expire(command: ExpirePublishPack, work: Work) -> None:
    """Have its files deleted. Raises `NotFound`, `AlreadyDecided`, `StaleResult`."""
    packs = own_packs(work)
    packs.expire(command.pack_id, at=work.now)
    work.save(packs)
