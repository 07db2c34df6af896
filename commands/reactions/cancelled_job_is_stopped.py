"""Job cancelled → tell whoever runs it to stop."""

from uuid import UUID

from commands.reactions.deeds import AnnounceStop
from domain.job import Job


def react(event: Job.Cancelled, owner_id: UUID) -> AnnounceStop:
    """A job that nobody runs is ignored by everybody."""
    return AnnounceStop(job_id=event.originator_id, by=event.by)
