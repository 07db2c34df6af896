"""What a worker says while it is at work, as the page hears of it."""

from typing import Any

from commands.jobs.record_claim import RecordClaim
from tests.api.creator import Creator
from topics.messages.progress import JobProgressed, Phase


def comes_to(step: int, claim: RecordClaim, creator: Creator, *, of: int = 25, **more: Any) -> None:
    """The worker has made so many steps of this job of theirs; `more` are fields of its word."""
    word = JobProgressed(
        job=claim.job_id,
        attempt=claim.attempt,
        owner=creator.person,
        phase=Phase.STEP,
        step=step,
        steps_total=of,
        at_s=float(step),
        **more,
    )
    creator.live.parts.progress.note(word)
