"""Outputs wait to be screened → give the screening up when its time is over."""

from uuid import UUID

from commands.jobs.expire_screening import ExpireScreening
from commands.reactions.reaction import Intended
from domain.job import Job
from domain.screening import SCREENING_LIMIT

FIRST_SCREENING = 1


def after_rendering(event: Job.Rendered, owner_id: UUID) -> tuple[Intended]:
    """Rendering opens the first screening of an attempt."""
    return _in_time(event, event.attempt, FIRST_SCREENING)


def after_opening(event: Job.ScreeningOpened, owner_id: UUID) -> tuple[Intended]:
    """Each further screening has the same time."""
    return _in_time(event, event.attempt, event.screening)


def _in_time(
    event: Job.Rendered | Job.ScreeningOpened, attempt: int, screening: int
) -> tuple[Intended]:
    expiry = ExpireScreening(event.originator_id, attempt, screening)
    return (Intended(expiry, due_at=event.timestamp + SCREENING_LIMIT),)
