"""A creator takes a change of many items back."""

from dataclasses import dataclass
from uuid import UUID

from commands.gallery.beginning import ChangeBegun, begin, new_change_id
from commands.work import Work
from domain.bulk_change import BulkChange, BulkChunk
from domain.kernel.identity import bulk_chunk_id


@dataclass(frozen=True)
class UndoChange:
    """What it has changed is as before; what it has not come to stays as it is."""

    change_id: UUID


def handle(command: UndoChange, work: Work) -> ChangeBegun:
    """Begin the change that takes it back, of the items that were recorded as changed.

    Raises `NotFound`, `ChangeNotUndoable`, `UndoTooLate`; `NotFound`, too, where its tag or
    collection was deleted since.
    """
    bulk = work.load(BulkChange, command.change_id)
    inverse = bulk.undo(by=new_change_id(work), at=work.now)
    ids = [bulk_chunk_id(bulk.id, number) for number in range(bulk.chunks)]
    work.load_ahead(*ids)
    changed = [asset_id for one in ids for asset_id in (work.load(BulkChunk, one).changed or ())]
    return begin(work, inverse, bulk.label_id, changed, undone=bulk)
