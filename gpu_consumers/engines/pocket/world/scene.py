"""What changes from one picture of a person to the next: view, expression, top, background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

VIEWS: Final = ("front", "left", "right")
EXPRESSIONS: Final = ("smile", "frown", "open")
TOPS: Final = ("red", "blue", "green", "yellow", "white", "black")
BACKGROUNDS: Final = ("blue", "green", "yellow", "pink", "purple", "grey")


@dataclass(frozen=True)
class Scene:
    """One picture's circumstances. Shifts are in -1..1 (about one pixel at 64), yaw near 1."""

    view: str
    expression: str
    top: str
    background: str
    shift_x: float = 0.0
    shift_y: float = 0.0
    yaw: float = 1.0

    @property
    def words(self) -> tuple[str, str, str, str]:
        """What captions can say of it: two scenes with equal words are near-duplicates."""
        return (self.view, self.expression, self.top, self.background)


def random_scene(rng: np.random.Generator) -> Scene:
    """A scene drawn evenly from all words. Same generator state, same scene."""
    return Scene(
        view=VIEWS[int(rng.integers(len(VIEWS)))],
        expression=EXPRESSIONS[int(rng.integers(len(EXPRESSIONS)))],
        top=TOPS[int(rng.integers(len(TOPS)))],
        background=BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))],
        shift_x=float(rng.uniform(-1, 1)),
        shift_y=float(rng.uniform(-1, 1)),
        yaw=float(rng.uniform(0.92, 1.08)),
    )
