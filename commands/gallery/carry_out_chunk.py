"""The reactor carries out one chunk of a change of many items."""

from dataclasses import dataclass
from uuid import UUID

from commands.gallery.changed_items import change_items, of_one_owner
from commands.work import Work
from domain.asset import Asset
from domain.bulk_change import BulkChange, BulkChunk
from domain.kernel.aggregate import Aggregate
from domain.refusals import NotFound, UnderAge


@dataclass(frozen=True)
class CarryOutChunk:
    """The chunk, and the change that it is of."""

    chunk_id: UUID
    change_id: UUID


def handle(command: CarryOutChunk, work: Work) -> None:
    """Change its items in one save with the record of it: again changes nothing.

    Raises `AlreadyDecided` where it was carried out, or the change was undone. A label that was
    deleted meanwhile is put on nothing, and the chunk is done.
    """
    bulk = work.load(BulkChange, command.change_id)
    chunk = work.load(BulkChunk, command.chunk_id)
    chunk.require_open(bulk)
    assets: tuple[Asset, ...] = ()
    rests_on: tuple[Aggregate, ...] = ()
    try:
        found = change_items(of_one_owner(work, chunk.asset_ids), bulk.change, bulk.label_id, work)
        assets, rests_on = found.assets, found.rests_on
    except (NotFound, UnderAge):
        pass
    chunk.carry_out([asset.id for asset in assets], at=work.now)
    work.save(chunk, *assets, unchanged=[bulk, *rests_on])
