"""How an owner orders their gallery: tags, collections, and changes of many items."""

from domain.bulk_change import BulkChange, BulkChunk
from domain.gallery import Gallery
from domain.kernel.personal_text import FreeText, PersonalText
from projections.feed import bulk_change_changed, label_changed
from projections.read_model import Change, ReadModel, deleted, inserted, updated
from projections.tables import BULK_CHANGES, LABELS
from topics.messages.fact import Fact

gallery_order = ReadModel("gallery-order")


@gallery_order.on(Gallery.LabelCreated)
def _label_created(event: Gallery.LabelCreated, fact: Fact) -> list[Change]:
    made = inserted(
        LABELS,
        fact,
        label_id=event.label_id,
        kind=event.kind.value,
        name=_in_clear(event.name),
        private=event.private,
        created_at=event.timestamp,
        created_position=fact.position,
    )
    return [made, label_changed(fact, event.label_id)]


@gallery_order.on(Gallery.LabelRenamed)
def _label_renamed(event: Gallery.LabelRenamed, fact: Fact) -> list[Change]:
    renamed = updated(LABELS, fact, label_id=event.label_id, name=_in_clear(event.name))
    return [renamed, label_changed(fact, event.label_id)]


@gallery_order.on(Gallery.CollectionClosed)
def _collection_closed(event: Gallery.CollectionClosed, fact: Fact) -> list[Change]:
    closed = updated(LABELS, fact, label_id=event.label_id, private=True)
    return [closed, label_changed(fact, event.label_id)]


@gallery_order.on(Gallery.CollectionOpened)
def _collection_opened(event: Gallery.CollectionOpened, fact: Fact) -> list[Change]:
    opened = updated(LABELS, fact, label_id=event.label_id, private=False)
    return [opened, label_changed(fact, event.label_id)]


@gallery_order.on(Gallery.LabelDeleted)
def _label_deleted(event: Gallery.LabelDeleted, fact: Fact) -> list[Change]:
    # Its items keep it in their rows, where it means nothing from here on.
    gone = deleted(LABELS, fact, label_id=event.label_id)
    return [gone, label_changed(fact, event.label_id)]


@gallery_order.on(BulkChange.Requested)
def _change_requested(event: BulkChange.Requested, fact: Fact) -> list[Change]:
    begun = inserted(
        BULK_CHANGES,
        fact,
        change_id=fact.originator_id,
        change=event.change.value,
        label_id=event.label_id,
        items=event.items,
        changed=0,
        passed_over=0,
        undoes=event.undoes,
        undone_by=None,
        requested_at=event.timestamp,
        requested_position=fact.position,
    )
    return [begun, bulk_change_changed(fact, fact.originator_id)]


@gallery_order.on(BulkChange.Undone)
def _change_undone(event: BulkChange.Undone, fact: Fact) -> list[Change]:
    undone = updated(BULK_CHANGES, fact, change_id=fact.originator_id, undone_by=event.by)
    return [undone, bulk_change_changed(fact, fact.originator_id)]


@gallery_order.on(BulkChunk.CarriedOut)
def _chunk_carried_out(event: BulkChunk.CarriedOut, fact: Fact) -> list[Change]:
    went_on = updated(
        BULK_CHANGES,
        fact,
        change_id=event.change_id,
        changed=lambda row: row["changed"] + len(event.changed),
        passed_over=lambda row: row["passed_over"] + event.passed_over,
    )
    return [went_on, bulk_change_changed(fact, event.change_id)]


def _in_clear(text: FreeText) -> str | None:
    return text.value if isinstance(text, PersonalText) else None
