"""What may refuse a photograph and can permit none: how old people look, how much a picture shows.

How old somebody looks proves nothing. What permits is a document's date of birth, at the identity
provider; a classifier can only be in the way.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from gpu_consumers.screening.face_analyser import Box
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.time_limit import ANALYSIS_LIMIT_S, NotAnalysed, TimeLimit

FACE_MARGIN: Final = 0.35
"""Added on each side of a face, as a share of its width and height: hair and chin tell an age."""

FACES_LOOKED_AT_MAX: Final = 16
"""Of more people than that in one picture no age is told, which denies."""


class AgeClassifier(Protocol):
    """Tells how likely it is that somebody who looks like this is a minor."""

    @property
    def MODEL_ID(self) -> str:
        """Which model, with the digest of its file."""
        ...

    @property
    def VETO_FROM(self) -> float:
        """From this likelihood on a picture is refused."""
        ...

    def minor_likelihood(self, rgb: Rgb) -> float:
        """Of one picture or the part of it around a face, 0..1. May raise anything."""
        ...


class ContentRater(Protocol):
    """Tells how explicit a picture is."""

    @property
    def MODEL_ID(self) -> str:
        """Which model, with the digest of its file."""
        ...

    @property
    def LIMITS(self) -> Mapping[str, float]:
        """By rating, the score up to which a picture is within it. A rating without is unknown."""
        ...

    def explicitness(self, rgb: Rgb) -> float:
        """0 shows nothing, 1 everything. May raise anything."""
        ...


class TimedVetoes:
    """Both classifiers, or the lack of either, behind a time limit for each question."""

    def __init__(
        self,
        age: AgeClassifier | None = None,
        content: ContentRater | None = None,
        *,
        limit_s: float = ANALYSIS_LIMIT_S,
    ) -> None:
        self._age = age
        self._content = content
        self._time = TimeLimit("vetoes", limit_s)

    @property
    def age_model(self) -> str:
        """The model's id, or `absent`."""
        return "absent" if self._age is None else self._age.MODEL_ID

    @property
    def content_model(self) -> str:
        """The model's id, or `absent`."""
        return "absent" if self._content is None else self._content.MODEL_ID

    @property
    def veto_from(self) -> float:
        """NaN without a classifier: nothing compares well with it."""
        return float("nan") if self._age is None else self._age.VETO_FROM

    def explicit_above(self, rating: str) -> float:
        """The limit of a rating; NaN for one that nobody knows, and without a rater."""
        limits: Mapping[str, float] = {} if self._content is None else self._content.LIMITS
        return limits.get(rating, float("nan"))

    def minor_likelihood(self, rgb: Rgb, boxes: Sequence[Box]) -> float:
        """The highest of the picture as a whole and of every face in it. Raises NotAnalysed."""
        if self._age is None or len(boxes) > FACES_LOOKED_AT_MAX:
            raise NotAnalysed("no age classifier is loaded, or too many people")
        asked = self._age.minor_likelihood
        parts = [rgb, *(around(rgb, box) for box in boxes)]
        return max(_a_likelihood(self._time.ask(partial(asked, part))) for part in parts)

    def explicitness(self, rgb: Rgb) -> float:
        """0..1. Raises NotAnalysed."""
        if self._content is None:
            raise NotAnalysed("no content rater is loaded")
        asked = self._content.explicitness
        return _a_likelihood(self._time.ask(partial(asked, rgb)))


def around(rgb: Rgb, box: Box) -> Rgb:
    """The part of a picture around a face, with a margin. Raises NotAnalysed for none."""
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = box
    if not (all(map(math.isfinite, box)) and x1 > x0 and y1 > y0):
        raise NotAnalysed("a face without an extent")
    across, down = (x1 - x0) * FACE_MARGIN, (y1 - y0) * FACE_MARGIN
    left, right = max(0, round((x0 - across) * width)), min(width, round((x1 + across) * width))
    top, bottom = max(0, round((y0 - down) * height)), min(height, round((y1 + down) * height))
    part = rgb[top:bottom, left:right]
    if part.size == 0:
        raise NotAnalysed("a face outside of its picture")
    return part


def _a_likelihood(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise NotAnalysed("no likelihood")
    return float(value)
