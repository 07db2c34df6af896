"""What a granted claim may read: the prompts of its job, while the claim and the consent hold."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.parties import still_authorised, twin_of
from commands.jobs.sources import sources_hold
from commands.work import Work
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.personal_text import FreeText
from domain.refusals import ConsentMissing, JobEnded, StaleResult


@dataclass(frozen=True)
class ReadPrompt:
    """A question: asked with `Studio.preview`, since its answer must never be stored."""

    job_id: UUID
    attempt: int
    claim_id: UUID


class PromptText(msgspec.Struct, frozen=True):
    """Both as their author wrote them; None where there is none, `Erased` after erasure."""

    prompt: FreeText | None
    negative_prompt: FreeText | None


def handle(question: ReadPrompt, work: Work) -> PromptText:
    """The prompts for the claim that runs the job.

    Asked before every grant is sent, for trainings too: it is the last look at consent before URLs
    are minted. Raises `NotFound`, `JobEnded`, `StaleResult`, `ConsentMissing`: then the claim is to
    be denied, whatever was answered to it before.
    """
    job = work.load(Job, question.job_id)
    if job.ended:
        raise JobEnded(job.state)
    current = (job.state, job.attempt, job.claim_id)
    if current != (JobState.STARTED, question.attempt, question.claim_id):
        raise StaleResult()
    if not still_authorised(work, job, twin_of(work, job)):
        raise ConsentMissing()
    if not sources_hold(work, job):
        raise StaleResult()
    requested = work.first_event(Job.Requested, question.job_id)
    return PromptText(requested.prompt, requested.negative_prompt)
