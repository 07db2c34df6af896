"""A creator has uploaded a photo to begin with, and has it judged."""

from dataclasses import dataclass
from uuid import UUID

from commands.source_photos.own_source_photos import own_source_photos
from commands.work import Work


@dataclass(frozen=True)
class SubmitSourcePhoto:
    """One that was planned. Again changes nothing while it is there."""

    photo_id: UUID


def handle(command: SubmitSourcePhoto, work: Work) -> None:
    """Submit it. Raises `NotFound` where nothing was ever planned, `UploadsNotPlanned`."""
    photos = own_source_photos(work)
    photos.submit(command.photo_id, at=work.now)
    work.save(photos)
