"""A creator has an ended job done again: a new job, with a new quote and the same parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from commands.jobs.asked_settings import asked, asked_clips
from commands.jobs.opening import JobOpened
from commands.jobs.request_images import RequestImages, open_images_again
from commands.jobs.request_video import RequestVideo, open_clips
from commands.jobs.start_twin_training import StartTwinTraining, open_training
from commands.work import Work
from domain.job import Job
from domain.job_input import InputRole, input_of
from domain.job_kind import JobKind
from domain.kernel.personal_text import Erased, PersonalText
from domain.refusals import JobNotRetryable


@dataclass(frozen=True)
class RetryJob:
    """`price_version` is that of the new quote."""

    job_id: UUID
    price_version: int
    session_jurisdiction: str


def handle(command: RetryJob, work: Work) -> JobOpened:
    """Open the new job, or answer the one that does this job again already.

    A second click is no second payment: one retry of a job is open at a time. Raises
    `JobNotRetryable`, and whatever a new request may be refused for.
    """
    ended = work.load(Job, command.job_id)
    ended.require_retryable()
    at_work = None if ended.retry_id is None else work.load(Job, ended.retry_id)
    if at_work is not None and not at_work.ended:
        return JobOpened(at_work.id, at_work.quoted_millicredits, at_work.price_version)
    earlier = work.first_event(Job.Requested, command.job_id)
    return _AGAIN[earlier.kind](earlier, command, work, ended)


def _train_again(earlier: Job.Requested, command: RetryJob, work: Work, ended: Job) -> JobOpened:
    if earlier.twin_id is None:
        raise JobNotRetryable()
    training = StartTwinTraining(
        twin_id=earlier.twin_id,
        engine=earlier.engine,
        price_version=command.price_version,
        session_jurisdiction=command.session_jurisdiction,
    )
    return open_training(training, work, retried=ended)


def _draw_again(earlier: Job.Requested, command: RetryJob, work: Work, ended: Job) -> JobOpened:
    wish = {**_wish(earlier, command), **asked(earlier.settings)}
    return open_images_again(RequestImages(**wish), work, varies=earlier.varies, retried=ended)


def _animate_again(earlier: Job.Requested, command: RetryJob, work: Work, ended: Job) -> JobOpened:
    wish = {**_wish(earlier, command), **asked_clips(earlier.settings)}
    return open_clips(RequestVideo(**wish), work, retried=ended)


def _wish(earlier: Job.Requested, command: RetryJob) -> dict[str, Any]:
    """What was asked for then, at the price of now. Raises `JobNotRetryable` after erasure."""
    if not isinstance(earlier.prompt, PersonalText) or isinstance(earlier.negative_prompt, Erased):
        raise JobNotRetryable()
    return {
        "engine": earlier.engine,
        "prompt": earlier.prompt,
        "negative_prompt": earlier.negative_prompt,
        "count": len(earlier.items),
        "price_version": command.price_version,
        "session_jurisdiction": command.session_jurisdiction,
        "seed": earlier.items[0].seed,
        "twin_id": earlier.twin_id,
        "rating_cap": earlier.rating,
        **_source_of(earlier),
    }


def _source_of(earlier: Job.Requested) -> dict[str, Any]:
    source = input_of(earlier.inputs, InputRole.SOURCE)
    if source is None:
        return {}
    return {
        "source_asset_id": source.asset_id,
        "source_photo_id": source.upload_id,
        "source_strength": source.strength,
    }


_AGAIN: Mapping[JobKind, Callable[[Job.Requested, RetryJob, Work, Job], JobOpened]] = (
    MappingProxyType(
        {
            JobKind.TRAINING: _train_again,
            JobKind.IMAGES: _draw_again,
            JobKind.VIDEO: _animate_again,
        }
    )
)
"""How each kind of job is asked for again."""
