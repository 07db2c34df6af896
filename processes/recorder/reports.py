"""What workers and the screener report, as the command that records it: pure."""

from typing import Any, NamedTuple, TypeAlias, assert_never
from uuid import UUID

from msgspec import UnsetType

from commands.jobs.record_attempt_failed import RecordAttemptFailed, attempt_failed_key
from commands.jobs.record_rendered import RecordRendered, rendered_key
from commands.jobs.record_screening import RecordScreening, ScreenedItem, screening_key
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts, photo_verdicts_key
from domain.checks import CheckVerdict
from domain.job_state import AdapterFile, AttemptFailure, JobOutput
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from topics.messages.results import (
    CheckResult,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PhotosJudged,
)

Report: TypeAlias = JobRendered | JobFailed | OutputsScreened | PhotosJudged


class Reported(NamedTuple):
    """A command, the key under which it is executed once, and the aggregate whose owner it has."""

    about: UUID
    command: Any
    key: UUID


def reported(report: Report) -> Reported:
    """The command that records a report. Equal reports of one claim have one key."""
    match report:
        case JobRendered():
            return Reported(report.job, _rendered(report), rendered_key(report.claim_id))
        case JobFailed():
            return Reported(report.job, _failed(report), attempt_failed_key(report.claim_id))
        case OutputsScreened():
            return Reported(report.job, _screened(report), screening_key(report.claim_id))
        case PhotosJudged():
            key = photo_verdicts_key(report.submission, report.claim_id)
            return Reported(report.twin, _judged(report), key)
        case other:
            assert_never(other)


def _rendered(rendered: JobRendered) -> RecordRendered:
    adapter = rendered.adapter
    return RecordRendered(
        job_id=rendered.job,
        attempt=rendered.attempt,
        claim_id=rendered.claim_id,
        outputs=tuple(
            JobOutput(
                item=output.item,
                object_key=output.object_key,
                sha256=output.sha256,
                size_bytes=output.size_bytes,
                width=output.width,
                height=output.height,
                media_type=output.media_type,
                seed=output.seed,
            )
            for output in rendered.outputs
        ),
        adapter=None
        if adapter is None
        else AdapterFile(
            object_key=adapter.object_key,
            sha256=adapter.sha256,
            size_bytes=adapter.size_bytes,
            rank=adapter.rank,
            step=adapter.step,
            similarity=adapter.similarity,
        ),
    )


def _failed(failed: JobFailed) -> RecordAttemptFailed:
    reason = AttemptFailure(failed.reason.value)
    return RecordAttemptFailed(
        failed.job, failed.attempt, failed.claim_id, reason, _screening(failed)
    )


def _screened(screened: OutputsScreened) -> RecordScreening:
    return RecordScreening(
        job_id=screened.job,
        attempt=screened.attempt,
        claim_id=screened.claim_id,
        outputs=tuple(
            ScreenedItem(
                item=output.item,
                checks=tuple(_verdict(check) for check in output.checks),
                sha256=output.sha256,
                size_bytes=output.size_bytes,
            )
            for output in screened.outputs
        ),
        adapter_checks=tuple(_verdict(check) for check in screened.adapter_checks),
        screening=_screening(screened),
    )


def _screening(report: JobFailed | OutputsScreened) -> int:
    """Which screening is meant: the first, where a screener of an earlier release reports."""
    return 1 if isinstance(report.screening, UnsetType) else report.screening


def _verdict(check: CheckResult) -> CheckVerdict:
    return CheckVerdict(
        check=check.check, passed=check.passed, model=check.model, score=check.score
    )


def _judged(judged: PhotosJudged) -> RecordPhotoVerdicts:
    same_person = judged.same_person.passed
    set_flaws: tuple[SetFlaw, ...] = ()
    if same_person is not True:
        set_flaws = (SetFlaw.NOT_JUDGED if same_person is None else SetFlaw.NOT_ONE_PERSON,)
    return RecordPhotoVerdicts(
        twin_id=judged.twin,
        submission_id=judged.submission,
        verdicts=tuple(
            PhotoVerdict(photo.photo_id, tuple(_flaw(name) for name in photo.flaws))
            for photo in judged.photos
        ),
        set_flaws=set_flaws,
        analyser=judged.analyser,
    )


def _flaw(name: str) -> PhotoFlaw:
    try:
        return PhotoFlaw(name)
    except ValueError:
        # A flaw that this release does not know is a flaw nevertheless.
        return PhotoFlaw.NOT_JUDGED
