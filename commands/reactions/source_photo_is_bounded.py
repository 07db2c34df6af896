"""A photo to begin with is planned, submitted or used → its time is over some day."""

from uuid import UUID

from commands.reactions.reaction import Intended
from commands.source_photos.forget_source_photo import ForgetPlannedSource, ForgetUnusedSource
from commands.source_photos.forget_uncovered_sources import ForgetUncoveredSources
from commands.source_photos.give_up_source_photo import GiveUpSourcePhoto
from domain.source_photos import SourcePhotos
from domain.time_limits import PHOTO_SET_OPEN_MAX, SOURCE_PHOTO_KEPT_MAX, UPLOADS_OPEN_MAX
from domain.twin import Twin


def after_planning(event: SourcePhotos.Planned, owner_id: UUID) -> tuple[Intended, ...]:
    """Refused where it was submitted, which is as well."""
    forget = ForgetPlannedSource(event.photo_id)
    return (Intended(forget, due_at=event.timestamp + UPLOADS_OPEN_MAX),)


def after_submission(event: SourcePhotos.Submitted, owner_id: UUID) -> tuple[Intended, ...]:
    """Its owner is told, and no face waits in the store for ever."""
    give_up = GiveUpSourcePhoto(event.photo_id)
    return (Intended(give_up, due_at=event.timestamp + PHOTO_SET_OPEN_MAX),)


def after_use(
    event: SourcePhotos.Accepted | SourcePhotos.Lent, owner_id: UUID
) -> tuple[Intended, ...]:
    """Refused where something began with it since, which asks again later."""
    forget = ForgetUnusedSource(event.photo_id)
    return (Intended(forget, due_at=event.timestamp + SOURCE_PHOTO_KEPT_MAX),)


def after_withdrawal(
    event: Twin.ConsentWithdrawn | Twin.ConsentScopesTakenBack, owner_id: UUID
) -> ForgetUncoveredSources:
    """Those go that nothing covers any more. Refused where there never were any."""
    return ForgetUncoveredSources(event.originator_id)
