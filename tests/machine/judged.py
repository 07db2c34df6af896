"""What a screener says of one output, mostly that all is well."""

from math import nan

from commands.jobs.record_screening import WrittenFile
from domain.checks import Check, CheckVerdict
from domain.job import Job
from domain.job_kinds import job_kind
from domain.rendition import THUMBNAIL_SIDES_MAX
from domain.video_settings import VideoSettings
from tests.machine.draw import Draw

PASSED_OR_NOT: tuple[bool | None, ...] = (None, False, True)


def files(d: Draw, job: Job | None) -> tuple[WrittenFile, ...]:
    """All files of a clip, mostly; of a picture, what a screener of before said: nothing."""
    if job is None or not isinstance(job.settings, VideoSettings):
        return ()
    length_ms = d.one(1, 60_000) if d.wrong() else d.one(3_000, job.settings.duration_ms)
    written = tuple(
        WrittenFile(
            rule.role,
            "5e" * 32,
            9_500,
            rule.media_types[0],
            rule.side_max or 512,
            rule.side_max or 512,
            length_ms if rule.moving else None,
        )
        for rule in job_kind(job.kind).renditions
    )
    return written[1:] if d.wrong() else written


def thumbnails(d: Draw) -> tuple[WrittenFile, ...]:
    """What a tile shows of it, mostly."""
    written = tuple(
        WrittenFile(role, "7b" * 32, 30_000 if d.wrong() else 9_500, "image/webp", side, side)
        for role, side in THUMBNAIL_SIDES_MAX.items()
    )
    return written[1:] if d.wrong() else written


def checks(d: Draw, *, without_twin: bool) -> tuple[CheckVerdict, ...]:
    """One verdict a check."""
    known_hash = d.one(*PASSED_OR_NOT) if d.wrong() else True
    score = d.one(nan, 10.0**9) if d.wrong() else 60.0
    face = Check.NO_ENROLLED_MATCH if without_twin else Check.IDENTITY
    others = (Check.FACE_COUNT, face, Check.IN_WORLD, Check.MINOR_VETO, Check.PROVENANCE)
    return (
        CheckVerdict(Check.KNOWN_HASH, passed=known_hash, model="list", score=score),
        *(CheckVerdict(check, passed=True, model="gate") for check in others),
    )


def source_checks(d: Draw) -> tuple[CheckVerdict, ...]:
    """What is said of a photo to begin with, mostly of one with a face."""
    nobody = d.wrong(0.2)
    found = checks(d, without_twin=nobody)
    faces = d.one(nan, 2.0) if d.wrong() else float(not nobody)
    return tuple(
        CheckVerdict(one.check, one.passed, one.model, faces)
        if one.check == Check.FACE_COUNT
        else one
        for one in found
        if one.check != Check.PROVENANCE
    )
