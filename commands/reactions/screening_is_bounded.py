"""A screener has begun → give the screening up when its time is over.

Until somebody begins, a screening waits: that others stand in front of it is no fault of its own.
The deadline of the job bounds that wait.
"""

from uuid import UUID

from commands.jobs.expire_screening import ExpireScreening
from commands.reactions.reaction import Intended
from domain.job import Job
from domain.screening import SCREENING_LIMIT


def react(event: Job.ScreeningStarted, owner_id: UUID) -> tuple[Intended]:
    """Each screening has the same time."""
    expiry = ExpireScreening(event.originator_id, event.attempt, event.screening)
    return (Intended(expiry, due_at=event.timestamp + SCREENING_LIMIT),)
