"""What a photograph of a training set has to pass besides being a good photo of one person."""

from typing import Final

from gpu_consumers.screening.face_analyser import FaceReport, PlacedFaces
from gpu_consumers.screening.output_checks import (
    CONTENT_RATING,
    KNOWN_HASH,
    Examined,
    OutputChecks,
)
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.time_limit import NotAnalysed
from gpu_consumers.screening.vetoes import TimedVetoes

VETOED: Final = "not-judged"
"""One word for all of them: whoever tries does not learn from it what to try next."""


class PhotoVetoes:
    """Looks at one photo after another. A veto that cannot be asked counts as one."""

    def __init__(self, checks: OutputChecks, vetoes: TimedVetoes, engine: str = "") -> None:
        self._checks = checks
        self._vetoes = vetoes
        self._engine = engine

    def of_one_set(self, engine: str) -> "PhotoVetoes":
        """For the photos of one set, and what they are for: each list is read once for all."""
        return PhotoVetoes(self._checks.of_one_output(), self._vetoes, engine)

    def flaws(self, rgb: Rgb, report: FaceReport) -> tuple[str, ...]:
        """Empty where nothing speaks against the photo. Never raises."""
        examined = Examined(rgb, report, None, self._engine, has_twin=False)
        made = [self._checks.make(name, examined) for name in (KNOWN_HASH, CONTENT_RATING)]
        is_clear = all(check.passed is True for check in made) and self._looks_adult(rgb, report)
        return () if is_clear else (VETOED,)

    def _looks_adult(self, rgb: Rgb, report: FaceReport) -> bool:
        """Whose document says so is compared later: here nobody is known yet."""
        if not isinstance(report, PlacedFaces) or len(report.boxes) != len(report.faces):
            return False
        try:
            likelihood = self._vetoes.minor_likelihood(rgb, report.boxes)
        except NotAnalysed:
            return False
        return likelihood < self._vetoes.veto_from
