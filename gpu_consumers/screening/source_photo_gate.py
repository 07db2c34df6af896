"""Judges a photo that something is to begin with: it passes what outputs pass, credentials aside.

A face in it has to be its twin's; a photo without one is judged as what shows nobody.
"""

import hashlib
from typing import Final
from uuid import UUID

import msgspec

from gpu_consumers.screening.face_analyser import FaceReport, NotAnalysed, TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.output_checks import Examined, OutputChecks
from gpu_consumers.screening.photo_decoding import (
    DecodedPhoto,
    PhotoDecoder,
    UndecodedPhoto,
    clean_png,
)
from gpu_consumers.screening.photo_gate import SIDE_MIN_PX
from gpu_consumers.screening.picture_measures import Rgb
from topics.messages.results import SourcePhotoJudged, WrittenPhoto
from topics.messages.work import SourcePhotoWork

PNG: Final = "image/png"


class SourcePhotoGate:
    """Judges photos, one at a time. May be asked twice for one: each claim writes its own copy."""

    def __init__(
        self, objects: ScreenerObjects, analyser: TimedAnalyser, checks: OutputChecks
    ) -> None:
        self._objects = objects
        self._analyser = analyser
        self._checks = checks

    def judge(self, work: SourcePhotoWork, claim_id: UUID) -> SourcePhotoJudged:
        """The verdict, and the clean copy where nothing speaks against it.

        Raises only where the object store does not answer.
        """
        found = self._pixels(work)
        if isinstance(found, str):
            return _unread(work, claim_id, found)
        report = self._report(found)
        has_face = report is None or len(report.faces) > 0
        examined = Examined(
            rgb=found,
            report=report,
            template=self._template(work) if has_face else None,
            engine=work.engine,
            has_twin=has_face,
        )
        required = work.checks_of_twin if has_face else work.checks_of_nobody
        checks = tuple(self._checks.make(name, examined) for name in dict.fromkeys(required))
        passed = bool(checks) and all(check.passed is True for check in checks)
        return SourcePhotoJudged(
            job=work.photo.photo_id,
            claim_id=claim_id,
            twin=work.twin,
            checks=checks,
            copy=self._written(work, found) if passed else None,
        )

    def _pixels(self, work: SourcePhotoWork) -> Rgb | str:
        """Upright pixels, or the flaw that there are none for."""
        key = work.photo.object_key
        if self._objects.head(key) is None:
            return "not-uploaded"
        with PhotoDecoder() as decoder:
            match decoder.decode(self._objects.get(key)):
                case UndecodedPhoto(flaw):
                    return flaw
                case DecodedPhoto() as decoded:
                    if min(decoded.original_width, decoded.original_height) < SIDE_MIN_PX:
                        return "too-small"
                    return decoded.rgb

    def _report(self, rgb: Rgb) -> FaceReport | None:
        try:
            return self._analyser.analyse(rgb)
        except NotAnalysed:
            return None

    def _template(self, work: SourcePhotoWork) -> FaceTemplate | None:
        if self._objects.head(work.template_key) is None:
            return None
        try:
            return msgspec.json.decode(self._objects.get(work.template_key), type=FaceTemplate)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _written(self, work: SourcePhotoWork, rgb: Rgb) -> WrittenPhoto:
        # From pixels alone: whatever else the file held stays where it was uploaded.
        data = clean_png(rgb)
        self._objects.put(work.photo.clean_key, data, media_type=PNG)
        return WrittenPhoto(
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            width=rgb.shape[1],
            height=rgb.shape[0],
        )


def _unread(work: SourcePhotoWork, claim_id: UUID, flaw: str) -> SourcePhotoJudged:
    return SourcePhotoJudged(
        job=work.photo.photo_id, claim_id=claim_id, twin=work.twin, checks=(), flaw=flaw
    )
