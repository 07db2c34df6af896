"""What a frame of a clip changes in a still picture: eyelids, mouth, head and camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Pose:
    """How far a person is from holding still.

    `lids`: 1 open to 0 shut. `speaking`: 0 the expression's own mouth to 1 the mouth of a vowel.
    `drop`: how far the head is lowered, in world units. `turn`: what is added to the scene's
    turn, where -1 is left and 1 right. `zoom`: how much larger everything is drawn. `as_learnt`:
    eyes and brows as the denoiser that is shipped has learnt them, from an earlier world: lids
    half-way, brows behind the frames of glasses. Its decoder is taught to mend both.
    """

    lids: float = 1.0
    speaking: float = 0.0
    drop: float = 0.0
    turn: float = 0.0
    zoom: float = 1.0
    as_learnt: bool = False


NEUTRAL: Final = Pose()
