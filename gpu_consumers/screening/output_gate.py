"""Screens what an attempt rendered: checks every output, signs what nothing speaks against.

It reads quarantine, writes signed copies under `gallery/` and a sound adapter under `adapters/`,
and reports. Whether anything is released is decided elsewhere.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import UNSET

from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening.adapter_checks import check_adapter
from gpu_consumers.screening.clip_judging import ClipJudge
from gpu_consumers.screening.clip_screening import ClipScreening
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.output_checks import OutputChecks
from gpu_consumers.screening.photo_decoding import OUTPUT_SIDE_MAX, PhotoDecoder
from gpu_consumers.screening.picture_screening import PictureScreening
from gpu_consumers.screening.signed_copies import SignedCopies
from topics.messages.results import (
    CheckedCheckpoint,
    CheckResult,
    OutputsScreened,
    ScreenedOutput,
)
from topics.messages.work import CheckpointToCheck, ClipToScreen, OutputsWork


class OutputGate:
    """Screens attempts, one at a time. May be asked twice for one: it writes the same keys."""

    def __init__(
        self,
        objects: ScreenerObjects,
        analyser: TimedAnalyser,
        checks: OutputChecks,
        credentials: Credentials,
    ) -> None:
        self._objects = objects
        self._analyser = analyser
        self._checks = checks
        self._copies = SignedCopies(objects, credentials)

    def screen(
        self, work: OutputsWork, *, job: UUID, attempt: int, claim_id: UUID
    ) -> OutputsScreened:
        """Verdicts on every output. Raises only where the object store does not answer."""
        template = self._template(work)
        outputs = (
            self._pictures(work, template)
            if work.clip is UNSET
            else self._clips(work, work.clip, template)
        )
        return OutputsScreened(
            job=job,
            attempt=attempt,
            claim_id=claim_id,
            outputs=outputs,
            adapter_checks=self._check_adapter(work),
            screening=work.screening,
            checkpoints=UNSET
            if work.checkpoints is UNSET
            else self._checked(work.checkpoints, work),
        )

    def _pictures(
        self, work: OutputsWork, template: FaceTemplate | None
    ) -> tuple[ScreenedOutput, ...]:
        with PhotoDecoder(side_max=OUTPUT_SIDE_MAX) as decoder:
            pictures = PictureScreening(
                self._objects, self._analyser, self._checks, self._copies, decoder
            )
            return tuple(pictures.screen(output, work, template) for output in work.outputs)

    def _clips(
        self, work: OutputsWork, clip: ClipToScreen, template: FaceTemplate | None
    ) -> tuple[ScreenedOutput, ...]:
        judge = ClipJudge(self._analyser, self._checks)
        clips = ClipScreening(self._objects, judge, self._copies)
        return tuple(clips.screen(output, clip, work, template) for output in work.outputs)

    def _template(self, work: OutputsWork) -> FaceTemplate | None:
        if work.template_key is None or self._objects.head(work.template_key) is None:
            return None
        try:
            return msgspec.json.decode(self._objects.get(work.template_key), type=FaceTemplate)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _check_adapter(self, work: OutputsWork) -> tuple[CheckResult, ...]:
        key, target = work.adapter_quarantine_key, work.adapter_key
        return () if key is None or target is None else self._take_adapter(key, target, work)

    def _checked(
        self, checkpoints: Sequence[CheckpointToCheck], work: OutputsWork
    ) -> tuple[CheckedCheckpoint, ...]:
        return tuple(
            CheckedCheckpoint(
                one.step, self._take_adapter(one.quarantine_key, one.adapter_key, work)
            )
            for one in checkpoints
        )

    def _take_adapter(self, key: str, target: str, work: OutputsWork) -> tuple[CheckResult, ...]:
        """Check what lies at `key`, and write it at `target` where nothing speaks against it."""
        data = None if self._objects.head(key) is None else self._objects.get(key)
        checks = check_adapter(data, LOADERS.get(work.engine), work.adapter_rank)
        if data is not None and all(check.passed is True for check in checks):
            self._objects.put(target, data, media_type="application/octet-stream")
        return checks
