"""Job took another turn → tell of it wherever it waits: in its queue, and at every worker."""

from uuid import UUID

from commands.reactions.deeds import AnnounceTurn
from domain.job import Job


def react(event: Job.TurnTaken, owner_id: UUID) -> AnnounceTurn:
    """Which turn that is, the job says then: it may have taken another one meanwhile."""
    return AnnounceTurn(event.originator_id)
