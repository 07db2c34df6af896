"""A creator makes a collection private no more."""

from dataclasses import dataclass
from uuid import UUID

from commands.gallery.own_gallery import own_gallery
from commands.work import Work


@dataclass(frozen=True)
class OpenCollection:
    """Its items are seen everywhere again."""

    label_id: UUID


def handle(command: OpenCollection, work: Work) -> None:
    """Open it. Raises `NotFound`, also for a tag."""
    gallery = own_gallery(work)
    gallery.open_collection(command.label_id, at=work.now)
    work.save(gallery)
