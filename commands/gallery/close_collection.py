"""A creator makes a collection private."""

from dataclasses import dataclass
from uuid import UUID

from commands.gallery.own_gallery import own_gallery
from commands.work import Work


@dataclass(frozen=True)
class CloseCollection:
    """Its items are seen in it and nowhere else."""

    label_id: UUID


def handle(command: CloseCollection, work: Work) -> None:
    """Make it private. Raises `NotFound`, also for a tag."""
    gallery = own_gallery(work)
    gallery.close_collection(command.label_id, at=work.now)
    work.save(gallery)
