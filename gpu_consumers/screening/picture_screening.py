"""Screens one picture: all checks over its pixels, and its signed copy made from them."""

import hashlib
from typing import Final

from gpu_consumers.screening.face_analyser import FaceReport, NotAnalysed, TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.output_checks import Examined, OutputChecks
from gpu_consumers.screening.photo_decoding import DecodedPhoto, PhotoDecoder
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.released_files import still
from gpu_consumers.screening.signed_copies import PROVENANCE, Draft, SignedCopies, places
from gpu_consumers.screening.unscreened import unscreened
from topics.messages.results import ScreenedOutput
from topics.messages.work import OutputsWork, OutputToScreen, RenditionRole

ROLES: Final = frozenset({RenditionRole.MASTER})


class PictureScreening:
    """Screens one picture after another, by one decoder."""

    def __init__(
        self,
        objects: ScreenerObjects,
        analyser: TimedAnalyser,
        checks: OutputChecks,
        copies: SignedCopies,
        decoder: PhotoDecoder,
    ) -> None:
        self._objects = objects
        self._analyser = analyser
        self._checks = checks
        self._copies = copies
        self._decoder = decoder

    def screen(
        self, output: OutputToScreen, work: OutputsWork, template: FaceTemplate | None
    ) -> ScreenedOutput:
        """All required checks. Raises only where the object store does not answer."""
        rgb = self._pixels(output)
        if rgb is None:
            return unscreened(output, work)
        examined = Examined(
            rgb=rgb,
            report=self._report(rgb),
            template=template,
            engine=work.engine,
            has_twin=work.template_key is not None,
            rating=work.rating,
        )
        names = [name for name in dict.fromkeys(work.required_checks) if name != PROVENANCE]
        return self._copies.after(
            tuple(self._checks.make(name, examined) for name in names),
            output,
            is_required=PROVENANCE in work.required_checks,
            drafts=lambda: _drafts(output, rgb),
            shown=rgb,
        )

    def _pixels(self, output: OutputToScreen) -> Rgb | None:
        """The pixels of the very bytes that were reported; None where there are none."""
        if self._objects.head(output.quarantine_key) is None:
            return None
        data = self._objects.get(output.quarantine_key)
        if hashlib.sha256(data).hexdigest() != output.sha256:
            return None
        decoded = self._decoder.decode(data)
        return decoded.rgb if isinstance(decoded, DecodedPhoto) else None

    def _report(self, rgb: Rgb) -> FaceReport | None:
        try:
            return self._analyser.analyse(rgb)
        except NotAnalysed:
            return None


def _drafts(output: OutputToScreen, rgb: Rgb) -> list[Draft]:
    # From pixels alone: whatever else the worker's file held stays in quarantine.
    return [Draft(place, still(rgb)) for place in places(output, ROLES)]
