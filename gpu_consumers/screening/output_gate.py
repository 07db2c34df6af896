"""Screens what an attempt rendered: checks every output, signs what nothing speaks against.

It reads quarantine, writes signed copies under `gallery/` and a sound adapter under `adapters/`,
and reports. Whether anything is released is decided elsewhere.
"""

import hashlib
from uuid import UUID

import msgspec
import numpy as np

from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening.adapter_checks import check_adapter
from gpu_consumers.screening.credentials import MODEL as CREDENTIALS_MODEL
from gpu_consumers.screening.credentials import Credentials, CredentialsRefused
from gpu_consumers.screening.face_analyser import FaceReport, NotAnalysed, TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.output_checks import ABSENT, Examined, OutputChecks
from gpu_consumers.screening.photo_decoding import (
    OUTPUT_SIDE_MAX,
    DecodedPhoto,
    PhotoDecoder,
    clean_png,
)
from gpu_consumers.screening.picture_measures import Rgb
from topics.messages.results import CheckResult, OutputsScreened, ScreenedOutput
from topics.messages.work import OutputsWork, OutputToScreen

PROVENANCE = "provenance"
MEDIA_TYPE = "image/png"


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
        self._credentials = credentials

    def screen(
        self, work: OutputsWork, *, job: UUID, attempt: int, claim_id: UUID
    ) -> OutputsScreened:
        """Verdicts on every output. Raises only where the object store does not answer."""
        template = self._template(work)
        with PhotoDecoder(side_max=OUTPUT_SIDE_MAX) as decoder:
            outputs = tuple(
                self._screen_one(output, work, template, decoder) for output in work.outputs
            )
        return OutputsScreened(
            job=job,
            attempt=attempt,
            claim_id=claim_id,
            outputs=outputs,
            adapter_checks=self._check_adapter(work),
            screening=work.screening,
        )

    def _screen_one(
        self,
        output: OutputToScreen,
        work: OutputsWork,
        template: FaceTemplate | None,
        decoder: PhotoDecoder,
    ) -> ScreenedOutput:
        rgb = self._pixels(output, decoder)
        if rgb is None:
            unmade = tuple(CheckResult(name, None, ABSENT) for name in work.required_checks)
            return ScreenedOutput(output.item, unmade)
        examined = Examined(
            rgb=rgb,
            report=self._report(rgb),
            template=template,
            engine=work.engine,
            has_twin=work.template_key is not None,
        )
        names = [name for name in dict.fromkeys(work.required_checks) if name != PROVENANCE]
        checks = tuple(self._checks.make(name, examined) for name in names)
        if PROVENANCE not in work.required_checks:
            return ScreenedOutput(output.item, checks)
        # Signed last, and only what nothing speaks against: a refused picture gets no copy.
        if not checks or any(check.passed is not True for check in checks):
            unmade_credentials = CheckResult(PROVENANCE, None, CREDENTIALS_MODEL)
            return ScreenedOutput(output.item, (*checks, unmade_credentials))
        return self._sign(output, rgb, checks, decoder)

    def _sign(
        self,
        output: OutputToScreen,
        rgb: Rgb,
        checks: tuple[CheckResult, ...],
        decoder: PhotoDecoder,
    ) -> ScreenedOutput:
        """Write the signed copy, read it back as a stranger would, and believe only that."""
        try:
            written = self._signed_before(output, rgb, decoder) or self._write_signed(output, rgb)
        except CredentialsRefused:
            return _unsigned(output, checks, passed=False)
        except Exception:
            # No key, no room, no answer: whichever it is, there is no copy that was verified.
            return _unsigned(output, checks, passed=None)
        return ScreenedOutput(
            output.item,
            (*checks, CheckResult(PROVENANCE, passed=True, model=CREDENTIALS_MODEL)),
            gallery_key=output.gallery_key,
            sha256=hashlib.sha256(written).hexdigest(),
            size_bytes=len(written),
        )

    def _write_signed(self, output: OutputToScreen, rgb: Rgb) -> bytes:
        # From pixels alone: whatever else the worker's file held stays in quarantine.
        signed = self._credentials.sign(clean_png(rgb), output.asset)
        self._credentials.verify(signed, output.asset)
        self._objects.put(output.gallery_key, signed, media_type=MEDIA_TYPE)
        try:
            written = self._objects.get(output.gallery_key)
            self._credentials.verify(written, output.asset)
        except Exception:
            self._objects.delete([output.gallery_key])
            raise
        return written

    def _signed_before(
        self, output: OutputToScreen, rgb: Rgb, decoder: PhotoDecoder
    ) -> bytes | None:
        """The copy an earlier screening of this very picture wrote.

        No two signatures are alike: another copy would take the place of bytes whose digest may
        have been recorded with the release meanwhile.
        """
        if self._objects.head(output.gallery_key) is None:
            return None
        written = self._objects.get(output.gallery_key)
        try:
            self._credentials.verify(written, output.asset)
        except CredentialsRefused:
            return None
        decoded = decoder.decode(written)
        if isinstance(decoded, DecodedPhoto) and np.array_equal(decoded.rgb, rgb):
            return written
        return None

    def _pixels(self, output: OutputToScreen, decoder: PhotoDecoder) -> Rgb | None:
        """The pixels of the very bytes that were reported; None where there are none."""
        if self._objects.head(output.quarantine_key) is None:
            return None
        data = self._objects.get(output.quarantine_key)
        if hashlib.sha256(data).hexdigest() != output.sha256:
            return None
        decoded = decoder.decode(data)
        return decoded.rgb if isinstance(decoded, DecodedPhoto) else None

    def _report(self, rgb: Rgb) -> FaceReport | None:
        try:
            return self._analyser.analyse(rgb)
        except NotAnalysed:
            return None

    def _template(self, work: OutputsWork) -> FaceTemplate | None:
        if work.template_key is None or self._objects.head(work.template_key) is None:
            return None
        try:
            return msgspec.json.decode(self._objects.get(work.template_key), type=FaceTemplate)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _check_adapter(self, work: OutputsWork) -> tuple[CheckResult, ...]:
        key, target = work.adapter_quarantine_key, work.adapter_key
        if key is None or target is None:
            return ()
        data = None if self._objects.head(key) is None else self._objects.get(key)
        checks = check_adapter(data, LOADERS.get(work.engine), work.adapter_rank)
        if data is not None and all(check.passed is True for check in checks):
            self._objects.put(target, data, media_type="application/octet-stream")
        return checks


def _unsigned(
    output: OutputToScreen, checks: tuple[CheckResult, ...], *, passed: bool | None
) -> ScreenedOutput:
    unsigned = CheckResult(PROVENANCE, passed, CREDENTIALS_MODEL)
    return ScreenedOutput(output.item, (*checks, unsigned))
