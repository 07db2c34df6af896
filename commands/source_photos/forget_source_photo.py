"""Time is over for a photo to begin with: it was not submitted, or nothing began with it."""

from dataclasses import dataclass
from uuid import UUID

from commands.source_photos.own_source_photos import own_source_photos
from commands.work import Work


@dataclass(frozen=True)
class ForgetPlannedSource:
    """One that was not submitted in its time."""

    photo_id: UUID


@dataclass(frozen=True)
class ForgetUnusedSource:
    """One that nothing may have begun with for as long as it is kept."""

    photo_id: UUID


def planned(command: ForgetPlannedSource, work: Work) -> None:
    """Delete it. Raises `NotFound`, `UploadsNotPlanned` where it was submitted or is over."""
    photos = own_source_photos(work)
    photos.forget_planned(command.photo_id, at=work.now)
    work.save(photos)


def unused(command: ForgetUnusedSource, work: Work) -> None:
    """Delete it. Raises `NotFound`, `AlreadyDecided` where something began with it since."""
    photos = own_source_photos(work)
    photos.forget_unused(command.photo_id, at=work.now)
    work.save(photos)
