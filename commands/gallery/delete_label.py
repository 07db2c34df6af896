"""A creator deletes a tag or a collection. Its items stay."""

from dataclasses import dataclass
from uuid import UUID

from commands.gallery.own_gallery import own_gallery
from commands.work import Work


@dataclass(frozen=True)
class DeleteLabel:
    """Take it off all items."""

    label_id: UUID


def handle(command: DeleteLabel, work: Work) -> None:
    """Delete it: one event, however many items have it. Raises `NotFound`."""
    gallery = own_gallery(work)
    gallery.delete_label(command.label_id, at=work.now)
    work.save(gallery)
