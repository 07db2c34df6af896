"""One change of many gallery items: what is asked for, and in which chunks it is carried out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import bulk_chunk_id
from domain.refusals import AlreadyDecided, ChangeNotUndoable, NotFound, TooManyItems, UndoTooLate
from domain.time_limits import UNDO_MAX

CHANGED_AT_ONCE_MAX = 100
"""So many are changed in the save that asks for it: a page of a gallery."""

CHUNK_ITEMS_MAX = 250
"""One save of a chunk: some ten milliseconds of the store's lock, and 10 kB an event."""

BULK_ITEMS_MAX = 100_000
"""Of one change. A larger gallery is changed year by year."""


class GalleryChange(StrEnum):
    """What may be done to many items at once."""

    FAVOURITE = "favourite"
    UNFAVOURITE = "unfavourite"
    LABEL = "label"
    UNLABEL = "unlabel"
    TRASH = "trash"
    RESTORE = "restore"
    KEEP = "keep"
    PURGE = "purge"


INVERSE: Mapping[GalleryChange, GalleryChange] = MappingProxyType(
    {
        GalleryChange.FAVOURITE: GalleryChange.UNFAVOURITE,
        GalleryChange.UNFAVOURITE: GalleryChange.FAVOURITE,
        GalleryChange.LABEL: GalleryChange.UNLABEL,
        GalleryChange.UNLABEL: GalleryChange.LABEL,
        GalleryChange.TRASH: GalleryChange.RESTORE,
        GalleryChange.RESTORE: GalleryChange.TRASH,
    }
)
"""What takes a change back. Bytes that are gone do not come back, and what was kept is kept."""

OF_LABELS = frozenset({GalleryChange.LABEL, GalleryChange.UNLABEL})


class BulkChange(Aggregate):
    """What was asked for. Its items stand in its chunks: none has to be read for another."""

    TOPIC = "bulk-change"

    class Requested(Aggregate.Created):
        """`as_of`: the position at which a filter was resolved into ids; 0 where ids were given.

        `undoes` is the change that this one takes back.
        """

        TOPIC = "bulk-change.requested"
        owner_id: UUID
        change: GalleryChange
        label_id: UUID | None
        items: int
        chunks: int
        as_of: int
        undoes: UUID | None = None

        def apply(self, bulk: "BulkChange") -> None:
            bulk.owner_id = self.owner_id
            bulk.change = self.change
            bulk.label_id = self.label_id
            bulk.chunks = self.chunks
            bulk.requested_at = self.timestamp

    class Undone(Aggregate.Event):
        """Another change takes back what was done, and what was not done yet is not done."""

        TOPIC = "bulk-change.undone"
        by: UUID

        def apply(self, bulk: "BulkChange") -> None:
            bulk.undone = True

    def __init__(self) -> None:
        self.owner_id: UUID
        self.change: GalleryChange
        self.label_id: UUID | None = None
        self.chunks = 0
        self.requested_at: datetime
        self.undone = False

    @classmethod
    def request(
        cls,
        id: UUID,
        *,
        owner_id: UUID,
        change: GalleryChange,
        label_id: UUID | None,
        asset_ids: Sequence[UUID],
        as_of: int,
        undoes: UUID | None,
        at: datetime,
    ) -> tuple["BulkChange", tuple["BulkChunk", ...]]:
        """The change and its chunks, in order. Raises `TooManyItems`.

        `NotFound` where it is one of labels and names none.
        """
        if len(asset_ids) > BULK_ITEMS_MAX:
            raise TooManyItems(BULK_ITEMS_MAX)
        if (change in OF_LABELS) is not (label_id is not None):
            raise NotFound()
        starts = range(0, len(asset_ids), CHUNK_ITEMS_MAX)
        chunks = tuple(
            BulkChunk.list_items(
                id,
                number,
                owner_id=owner_id,
                asset_ids=asset_ids[start : start + CHUNK_ITEMS_MAX],
                at=at,
            )
            for number, start in enumerate(starts)
        )
        bulk = cls._create(
            cls.Requested,
            id=id,
            timestamp=at,
            owner_id=owner_id,
            change=change,
            label_id=label_id,
            items=len(asset_ids),
            chunks=len(chunks),
            as_of=as_of,
            undoes=undoes,
        )
        return bulk, chunks

    def undo(self, *, by: UUID, at: datetime) -> GalleryChange:
        """Stop it where it stands. Answers what takes back what was done.

        Raises `ChangeNotUndoable`, `UndoTooLate`.
        """
        inverse = INVERSE.get(self.change)
        if inverse is None or self.undone:
            raise ChangeNotUndoable()
        if at > self.requested_at + UNDO_MAX:
            raise UndoTooLate(int(UNDO_MAX.total_seconds() // 3600))
        self.trigger_event(BulkChange.Undone, by=by, timestamp=at)
        return inverse


class BulkChunk(Aggregate):
    """Some items of a change, which are changed in one save."""

    TOPIC = "bulk-chunk"

    class Listed(Aggregate.Created):
        """These are to be changed."""

        TOPIC = "bulk-chunk.listed"
        owner_id: UUID
        change_id: UUID
        chunk: int
        asset_ids: tuple[UUID, ...]

        def apply(self, chunk: "BulkChunk") -> None:
            chunk.owner_id = self.owner_id
            chunk.change_id = self.change_id
            chunk.asset_ids = self.asset_ids

    class CarriedOut(Aggregate.Event):
        """`changed` were changed; so many were passed over.

        Those were so already, or are gone.
        """

        TOPIC = "bulk-chunk.carried-out"
        change_id: UUID
        changed: tuple[UUID, ...]
        passed_over: int

        def apply(self, chunk: "BulkChunk") -> None:
            chunk.changed = self.changed

    def __init__(self) -> None:
        self.owner_id: UUID
        self.change_id: UUID
        self.asset_ids: tuple[UUID, ...] = ()
        self.changed: tuple[UUID, ...] | None = None

    @classmethod
    def list_items(
        cls,
        change_id: UUID,
        chunk: int,
        *,
        owner_id: UUID,
        asset_ids: Sequence[UUID],
        at: datetime,
    ) -> "BulkChunk":
        """The items of one chunk."""
        return cls._create(
            cls.Listed,
            id=bulk_chunk_id(change_id, chunk),
            timestamp=at,
            owner_id=owner_id,
            change_id=change_id,
            chunk=chunk,
            asset_ids=tuple(asset_ids),
        )

    def require_open(self, change: BulkChange) -> None:
        """Raises `AlreadyDecided` where it was carried out, or the change was undone."""
        if self.changed is not None or change.undone:
            raise AlreadyDecided()

    def carry_out(self, changed: Sequence[UUID], *, at: datetime) -> None:
        """These of its items were changed, in the same save."""
        self.trigger_event(
            BulkChunk.CarriedOut,
            change_id=self.change_id,
            changed=tuple(changed),
            passed_over=len(self.asset_ids) - len(changed),
            timestamp=at,
        )
