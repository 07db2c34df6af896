"""A photo to begin with is judged, refused or deleted → what is not needed of it goes."""

from uuid import UUID

from commands.jobs.end_without_source import EndWithoutSource
from commands.reactions.deeds import DeleteObjects
from commands.reactions.deleted_for_good import LATEST_WRITE, deleted_for_good
from commands.reactions.reaction import Intended
from domain.source_photos import SourcePhotos


def after_acceptance(event: SourcePhotos.Accepted, owner_id: UUID) -> tuple[Intended, ...]:
    """The original may hold where and when it was taken. Of its copies one was accepted."""
    uploads = deleted_for_good((event.places.uploads,), since=event.timestamp)
    others = DeleteObjects(places=(event.places.photos,), kept=(event.clean.object_key,))
    return (
        *uploads,
        Intended(others, "copies"),
        Intended(others, "later-copies", due_at=event.timestamp + LATEST_WRITE),
    )


def after_refusal(event: SourcePhotos.Refused, owner_id: UUID) -> tuple[Intended, ...]:
    """Somebody else may be in it."""
    return deleted_for_good(event.places.all, since=event.timestamp)


def after_deletion(event: SourcePhotos.Deleted, owner_id: UUID) -> tuple[Intended, ...]:
    """Nothing of it stays."""
    return deleted_for_good(event.places.all, since=event.timestamp)


def jobs_end(event: SourcePhotos.Deleted, owner_id: UUID) -> tuple[Intended, ...]:
    """Of those that have read it, or ended, nothing comes."""
    return tuple(Intended(EndWithoutSource(job), target=str(job)) for job in event.lent_to)
