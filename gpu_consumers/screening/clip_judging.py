"""What is said of a whole clip: every check over its frames, and how like the twin it stays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gpu_consumers.screening.clip_decoding import Frames
from gpu_consumers.screening.face_analyser import FaceReport, NotAnalysed, TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.output_checks import (
    IDENTITY,
    KNOWN_HASH,
    MILDEST_RATING,
    Examined,
    OutputChecks,
)
from topics.messages.results import CheckResult
from topics.messages.work import ClipToScreen

FRAMES_JUDGED_A_SECOND: Final = 8
"""Every frame of the pocket model's clips: its analyser takes 9 ms for one of 512 px."""

FRAMES_HASHED_A_SECOND: Final = 2
"""Each hash is compared with a whole list, in eight orientations."""

_LIKENESS_DIGITS: Final = 4


@dataclass(frozen=True)
class JudgedClip:
    """One result a check name. `frames` is how many may be delivered, from the first on.

    `likeness`: the lowest identity cosine in each second of them; empty without a twin.
    """

    checks: tuple[CheckResult, ...]
    frames: int
    likeness: tuple[float, ...] = ()


@dataclass(frozen=True)
class ClipJudge:
    """Looks at clips frame by frame. Never raises: what cannot be looked at denies."""

    analyser: TimedAnalyser
    checks: OutputChecks

    def judge(
        self,
        frames: Frames,
        clip: ClipToScreen,
        names: Sequence[str],
        *,
        engine: str,
        template: FaceTemplate | None,
        has_twin: bool,
        rating: str = MILDEST_RATING,
    ) -> JudgedClip:
        """Every check of `names` over the judged frames; the worst of them is the clip's.

        Only the identity check may be met by a beginning of the clip. All others speak of every
        frame that was judged, also of those that are then cut.
        """
        judged = judged_frames(len(frames), clip.frame_rate, FRAMES_JUDGED_A_SECOND)
        hashed = judged_frames(len(frames), clip.frame_rate, FRAMES_HASHED_A_SECOND)
        reports = self._reports(frames, judged)
        checks = self.checks.of_one_output()
        results: list[CheckResult] = []
        kept = len(frames)
        likeness: tuple[float, ...] = ()
        for name in names:
            looked_at = {
                number: checks.make(
                    name,
                    Examined(
                        frames[number], reports.get(number), template, engine, has_twin, rating
                    ),
                )
                for number in (hashed if name == KNOWN_HASH else judged)
            }
            if name == IDENTITY:
                kept = _alike(looked_at, len(frames), clip.frames_min)
                looked_at = {number: made for number, made in looked_at.items() if number < kept}
                likeness = _likeness(looked_at, clip.frame_rate)
            results.append(worst(name, list(looked_at.values())))
        return JudgedClip(tuple(results), kept, likeness)

    def _reports(self, frames: Frames, numbers: Sequence[int]) -> dict[int, FaceReport]:
        """What was found in each of these frames; nothing at all where one was not judged.

        One is enough to deny, and an analyser that does not answer is not waited for again.
        """
        reports: dict[int, FaceReport] = {}
        for number in numbers:
            try:
                reports[number] = self.analyser.analyse(frames[number])
            except NotAnalysed:
                return {}
        return reports


def judged_frames(count: int, frame_rate: int, a_second: int) -> tuple[int, ...]:
    """The first frame, the last, and between them at least `a_second`, or all there are."""
    step = max(1, frame_rate // a_second)
    return tuple(sorted({*range(0, count, step), count - 1}))


def worst(name: str, results: Sequence[CheckResult]) -> CheckResult:
    """One result for all: not made if any was not made, failed if any failed.

    The score is the worst of those that decided it: the lowest likeness, the highest of all else.
    """
    verdicts = {result.passed for result in results}
    passed = None if None in verdicts or not verdicts else False not in verdicts
    deciding = [result for result in results if result.passed is passed]
    scores = [result.score for result in deciding if result.score is not None]
    score = None if not scores else min(scores) if name == IDENTITY else max(scores)
    return CheckResult(name, passed, deciding[0].model if deciding else "absent", score)


def _alike(looked_at: dict[int, CheckResult], count: int, frames_min: int) -> int:
    """How many frames, from the first on, stay like the twin; all where too few would be left.

    A cut ends with a frame that was judged: of those behind it nobody knows.
    """
    kept = 0
    for number, result in looked_at.items():
        if result.passed is not True:
            # Where one could not be made, nothing is cut: that denies, and says why.
            return kept if result.passed is False and kept >= frames_min else count
        kept = number + 1
    return kept


def _likeness(looked_at: dict[int, CheckResult], frame_rate: int) -> tuple[float, ...]:
    seconds: dict[int, float] = {}
    for number, result in looked_at.items():
        alike = math.nan if result.score is None else result.score
        if math.isnan(alike):
            return ()
        second = number // frame_rate
        seconds[second] = min(alike, seconds.get(second, math.inf))
    return tuple(round(alike, _LIKENESS_DIGITS) for alike in seconds.values())
