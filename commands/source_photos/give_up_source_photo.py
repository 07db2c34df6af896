"""A photo to begin with has waited to be judged for as long as one may."""

from dataclasses import dataclass
from uuid import UUID

from commands.source_photos.own_source_photos import own_source_photos
from commands.work import Work


@dataclass(frozen=True)
class GiveUpSourcePhoto:
    """Nobody could judge it in its time."""

    photo_id: UUID


def handle(command: GiveUpSourcePhoto, work: Work) -> None:
    """Refuse it if it still waits. Raises `StaleResult` otherwise."""
    photos = own_source_photos(work)
    photos.give_up(command.photo_id, at=work.now)
    work.save(photos)
