"""What workers and the screener report, as the command that records it: pure."""

from typing import Any, NamedTuple, TypeAlias, TypeVar, assert_never
from uuid import UUID

import msgspec

from commands.jobs.record_attempt_failed import RecordAttemptFailed, attempt_failed_key
from commands.jobs.record_rendered import RecordRendered, rendered_key
from commands.jobs.record_screening import (
    CheckedCheckpoint,
    RecordScreening,
    ScreenedItem,
    screening_key,
)
from commands.publishing.record_publish_pack import (
    RecordPublishPack,
    WrittenPackFile,
    publish_pack_key,
)
from commands.source_photos.record_source_photo import (
    RecordSourcePhoto,
    WrittenCopy,
    source_photo_key,
)
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts, photo_verdicts_key
from domain.checks import CheckVerdict
from domain.job_state import AdapterFile, AttemptFailure, JobOutput
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from domain.publish_preset import PublishPreset
from domain.source_photo import SourceFlaw
from topics.messages.results import (
    JobFailed,
    JobRendered,
    OutputsScreened,
    PackMade,
    PhotosJudged,
    SourcePhotoJudged,
)

_PRESETS = frozenset(preset.value for preset in PublishPreset)
_Value = TypeVar("_Value")
Report: TypeAlias = (
    JobRendered | JobFailed | OutputsScreened | PhotosJudged | SourcePhotoJudged | PackMade
)


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
        case SourcePhotoJudged():
            key = source_photo_key(report.job, report.claim_id)
            return Reported(report.twin, _source_photo(report), key)
        case PackMade():
            key = publish_pack_key(report.job, report.claim_id)
            return Reported(report.packs, _pack(report), key)
        case other:
            assert_never(other)


def _rendered(rendered: JobRendered) -> RecordRendered:
    return RecordRendered(
        job_id=rendered.job,
        attempt=rendered.attempt,
        claim_id=rendered.claim_id,
        outputs=_in_the_domain(rendered.outputs, tuple[JobOutput, ...]),
        adapter=None if rendered.adapter is None else _in_the_domain(rendered.adapter, AdapterFile),
        checkpoints=()
        if isinstance(rendered.checkpoints, msgspec.UnsetType)
        else _in_the_domain(rendered.checkpoints, tuple[AdapterFile, ...]),
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
        outputs=_in_the_domain(screened.outputs, tuple[ScreenedItem, ...]),
        adapter_checks=_in_the_domain(screened.adapter_checks, tuple[CheckVerdict, ...]),
        screening=_screening(screened),
        checkpoints=()
        if isinstance(screened.checkpoints, msgspec.UnsetType)
        else _in_the_domain(screened.checkpoints, tuple[CheckedCheckpoint, ...]),
    )


def _screening(report: JobFailed | OutputsScreened) -> int:
    """Which screening is meant: the first, where a screener of an earlier release reports."""
    return 1 if isinstance(report.screening, msgspec.UnsetType) else report.screening


def _in_the_domain(reported: object, kind: type[_Value]) -> _Value:
    """What was reported as the domain's value, which has fields of the same names.

    Its message has checked it, and may say more than the domain keeps, or leave parts out.
    """
    return msgspec.convert(msgspec.to_builtins(reported), kind)


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


def _pack(made: PackMade) -> RecordPublishPack:
    return RecordPublishPack(
        pack_id=made.job,
        claim_id=made.claim_id,
        files=tuple(
            WrittenPackFile(
                asset_id=file.asset,
                preset=PublishPreset(file.preset),
                sha256=file.sha256,
                size_bytes=file.size_bytes,
                media_type=file.media_type,
                width=file.width,
                height=file.height,
            )
            for file in made.files
            # One that this release does not know, nobody has asked it for.
            if file.preset in _PRESETS
        ),
    )


def _source_photo(judged: SourcePhotoJudged) -> RecordSourcePhoto:
    return RecordSourcePhoto(
        photo_id=judged.job,
        claim_id=judged.claim_id,
        flaw=None if judged.flaw is None else _source_flaw(judged.flaw),
        checks=_in_the_domain(judged.checks, tuple[CheckVerdict, ...]),
        copy=None if judged.copy is None else _in_the_domain(judged.copy, WrittenCopy),
    )


def _flaw(name: str) -> PhotoFlaw:
    try:
        return PhotoFlaw(name)
    except ValueError:
        # A flaw that this release does not know is a flaw nevertheless.
        return PhotoFlaw.NOT_JUDGED


def _source_flaw(name: str) -> SourceFlaw:
    try:
        return SourceFlaw(name)
    except ValueError:
        return SourceFlaw.NOT_JUDGED
