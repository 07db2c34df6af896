"""What the screener needs of whoever looks at faces, and how long it may take."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

ANALYSIS_LIMIT_S: Final = 30.0

_Answer = TypeVar("_Answer")


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


class NotAnalysed(Exception):
    """There is no report: no analyser, an error, or no answer in time. This always denies."""


class TimedAnalyser:
    """An analyser, or the lack of one, behind a time limit. `name` is what verdicts call it."""

    def __init__(self, analyser: FaceAnalyser | None, *, limit_s: float = ANALYSIS_LIMIT_S) -> None:
        self._analyser = analyser
        self._limit_s = limit_s
        self._executor: ThreadPoolExecutor | None = None

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
        return self._within_limit(lambda: analyse(rgb))

    def _within_limit(self, ask: Callable[[], _Answer]) -> _Answer:
        executor = self._executor or ThreadPoolExecutor(1, "face-analyser")
        self._executor = executor
        asked: Future[_Answer] = executor.submit(ask)
        try:
            return asked.result(self._limit_s)
        except FutureTimeout as late:
            # The stuck thread keeps its executor; the next picture gets another one.
            executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
            raise NotAnalysed("no answer in time") from late
        except Exception as failed:
            raise NotAnalysed(type(failed).__name__) from failed


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors; NaN where either is empty, not finite, zero or of other length."""
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if first.shape != second.shape or first.ndim != 1 or first.size == 0:
        return float("nan")
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    if not np.isfinite(length) or length <= 0.0:
        return float("nan")
    return float(first @ second / length)
