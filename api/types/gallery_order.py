"""Tags, collections, changes of many items, and the months of a gallery."""

from datetime import datetime

import strawberry

from api.ids import global_id
from api.types.enums import GalleryChange
from api.types.node import Node
from commands.catalogue import UNDO_MAX, UNDOABLE
from queries.gallery.bulk_changes import BulkChange as BulkChangeRow
from queries.gallery.labels import Label
from queries.gallery.sections import Section


@strawberry.type(description="A word that its owner puts on items.")
class Tag(Node):
    name: str | None = strawberry.field(description="Null after erasure.")


@strawberry.type(description="Items that their owner has put together.")
class Collection(Node):
    name: str | None = strawberry.field(description="Null after erasure.")
    private: bool = strawberry.field(
        description="Its items are left out of every list but its own, and the trash."
    )


@strawberry.type(description="One change of many items, and how far it has come.")
class BulkChange(Node):
    change: GalleryChange
    items: int
    changed: int
    passed_over: int = strawberry.field(description="They were so already, or are gone.")
    done: bool
    undone: bool
    undo_until: datetime | None = strawberry.field(description="Null where it cannot be undone.")


@strawberry.type(description="One month of a gallery, in UTC.")
class GallerySection:
    month: str = strawberry.field(description="As in 2026-03.")
    items: int


def tag(row: Label) -> Tag:
    """What a row shows."""
    return Tag(id=global_id("Tag", row.label_id), name=row.name)


def collection(row: Label) -> Collection:
    """What a row shows."""
    return Collection(id=global_id("Collection", row.label_id), name=row.name, private=row.private)


def bulk_change(row: BulkChangeRow) -> BulkChange:
    """What a row shows. One that was undone goes no further."""
    change = GalleryChange(row.change)
    undone = row.undone_by is not None
    return BulkChange(
        id=global_id("BulkChange", row.change_id),
        change=change,
        items=row.items,
        changed=row.changed,
        passed_over=row.passed_over,
        done=undone or row.changed + row.passed_over >= row.items,
        undone=undone,
        undo_until=row.requested_at + UNDO_MAX if change in UNDOABLE and not undone else None,
    )


def section(row: Section) -> GallerySection:
    """What a row shows."""
    return GallerySection(month=f"{row.month:%Y-%m}", items=row.items)
