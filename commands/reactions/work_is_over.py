"""Which announced work an event takes up or ends: nobody has to hear of it any more."""

from commands.reactions.work_is_announced import (
    attempt_of,
    photos_of,
    publish_pack_of,
    screening_of,
    source_photo_of,
)
from domain.consent_text import ConsentScope
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.publish_pack import PublishPacks
from domain.source_photos import SourcePhotos
from domain.twin import Twin

ENDING: tuple[type[Aggregate.Event], ...] = (
    Job.Started,
    Job.AttemptFailed,
    Job.Screened,
    Job.ScreeningFailed,
    Job.Completed,
    Job.Failed,
    Job.Cancelled,
    Twin.PhotosSubmitted,
    Twin.PhotosAccepted,
    Twin.PhotosRejected,
    Twin.ConsentWithdrawn,
    Twin.ConsentScopesTakenBack,
    SourcePhotos.Accepted,
    SourcePhotos.Refused,
    SourcePhotos.Deleted,
    PublishPacks.Made,
    PublishPacks.Failed,
)
"""Every event that may end some."""


def work_over(event: Aggregate.Event) -> tuple[str, ...]:
    """The targets whose earlier announcements are over. Pure; nothing for most events."""
    job = twin = event.originator_id
    match event:
        case Job.Started():
            return (attempt_of(job),)
        case Job.Screened() | Job.ScreeningFailed():
            return (screening_of(job),)
        case Job.AttemptFailed() | Job.Completed() | Job.Failed() | Job.Cancelled():
            return (attempt_of(job), screening_of(job))
        case (
            Twin.PhotosSubmitted()
            | Twin.PhotosAccepted()
            | Twin.PhotosRejected()
            | Twin.ConsentWithdrawn()
        ):
            return (photos_of(twin),)
        case Twin.ConsentScopesTakenBack() if ConsentScope.TRAINING in event.versions:
            return (photos_of(twin),)
        case SourcePhotos.Accepted() | SourcePhotos.Refused() | SourcePhotos.Deleted():
            return (source_photo_of(event.photo_id),)
        case PublishPacks.Made() | PublishPacks.Failed():
            return (publish_pack_of(event.pack_id),)
        case _:
            return ()
