"""A creator deletes a photo to begin with."""

from dataclasses import dataclass
from uuid import UUID

from commands.source_photos.own_source_photos import own_source_photos
from commands.work import Work


@dataclass(frozen=True)
class DeleteSourcePhoto:
    """Whether or not it was judged. What was made from it stays."""

    photo_id: UUID


def handle(command: DeleteSourcePhoto, work: Work) -> None:
    """Have its bytes deleted, and the jobs ended that were to read it. Raises `NotFound`."""
    photos = own_source_photos(work)
    photos.delete(command.photo_id, at=work.now)
    work.save(photos)
