"""What the screener needs of whoever looks at faces, and how long it may take."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.screening.time_limit import ANALYSIS_LIMIT_S, NotAnalysed, TimeLimit

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 of a face, each 0..1 of the picture."""


class FaceReport(Protocol):
    """What was found in one picture.

    `identity` is the largest face's vector, empty without a face. `out_of_world` is 0 (a cartoon of
    the analyser's world) to 1 (anything else), and NaN where the analyser knows no world.
    """

    @property
    def faces(self) -> Sequence[object]: ...

    @property
    def identity(self) -> Sequence[float]: ...

    @property
    def out_of_world(self) -> float: ...


@runtime_checkable
class PlacedFaces(Protocol):
    """A report that says where each face is: one box a face, in the order of `faces`."""

    @property
    def boxes(self) -> Sequence[Box]: ...


class FaceAnalyser(Protocol):
    """Finds faces and tells people apart. The thresholds were measured with the model."""

    @property
    def MODEL_ID(self) -> str:
        """Which model, and which version of it."""
        ...

    @property
    def SAME_PERSON_COSINE_MIN(self) -> float:
        """From this cosine on two pictures show one person."""
        ...

    @property
    def OUT_OF_WORLD_MAX(self) -> float:
        """Above this a picture is none of the analyser's world."""
        ...

    def analyse(self, rgb: NDArray[np.uint8]) -> FaceReport:
        """Look at one picture, uint8 RGB (height, width, 3). May raise anything."""
        ...


class TimedAnalyser:
    """An analyser, or the lack of one, behind a time limit. `name` is what verdicts call it."""

    def __init__(self, analyser: FaceAnalyser | None, *, limit_s: float = ANALYSIS_LIMIT_S) -> None:
        self._analyser = analyser
        self._time = TimeLimit("face-analyser", limit_s)

    @property
    def name(self) -> str:
        """The model's id, or `absent`."""
        return "absent" if self._analyser is None else self._analyser.MODEL_ID

    @property
    def same_person_cosine_min(self) -> float:
        """NaN without an analyser: nothing compares well with it."""
        return float("nan") if self._analyser is None else self._analyser.SAME_PERSON_COSINE_MIN

    @property
    def out_of_world_max(self) -> float:
        """NaN without an analyser."""
        return float("nan") if self._analyser is None else self._analyser.OUT_OF_WORLD_MAX

    def analyse(self, rgb: NDArray[np.uint8]) -> FaceReport:
        """Raises NotAnalysed, and nothing else."""
        if self._analyser is None:
            raise NotAnalysed("no analyser is loaded")
        analyse = self._analyser.analyse
        return self._time.ask(lambda: analyse(rgb))


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors; NaN where either is empty, not finite, zero or of other length."""
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if first.shape != second.shape or first.ndim != 1 or first.size == 0:
        return float("nan")
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    if not np.isfinite(length) or length <= 0.0:
        return float("nan")
    return float(first @ second / length)


__all__ = [
    "ANALYSIS_LIMIT_S",
    "Box",
    "FaceAnalyser",
    "FaceReport",
    "NotAnalysed",
    "PlacedFaces",
    "TimedAnalyser",
    "cosine",
]
