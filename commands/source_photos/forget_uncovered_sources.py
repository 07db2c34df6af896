"""A consent, or all of it that is drawn by, has ended: its photos to begin with go."""

from dataclasses import dataclass
from uuid import UUID

from commands.source_photos.own_source_photos import own_source_photos
from commands.work import Work
from domain.twin import Twin


@dataclass(frozen=True)
class ForgetUncoveredSources:
    """Those of one twin."""

    twin_id: UUID


def handle(command: ForgetUncoveredSources, work: Work) -> None:
    """Record their end, which has their bytes deleted.

    Those of a consent that was given since stay. Raises `NotFound` where there never were any.
    """
    photos = own_source_photos(work)
    twin = work.load(Twin, command.twin_id)
    photos.forget_uncovered(twin, at=work.now)
    work.save(photos, unchanged=[twin])
