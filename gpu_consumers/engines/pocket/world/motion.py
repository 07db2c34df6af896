"""What moves in a clip: the five motions that a prompt may ask for, as functions of time.

Every motion starts near the neutral pose, so that any portrait can be a clip's first frame, and
eases in and out. Speed, extent and delay vary from clip to clip.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gpu_consumers.engines.pocket.world.pose import Pose
from gpu_consumers.engines.pocket.world.scene import Scene

MOTIONS: Final = ("blink", "talk", "nod", "turn", "push")

_BLINK_EVERY_S: Final = 1.35
_LID_FALL_S, _LIDS_SHUT_S, _LID_RISE_S = 0.15, 0.2, 0.25
# Eight frames a second show no more than this as movement.
_SYLLABLES_HZ: Final = 1.25
_NOD_HZ: Final = 0.8
_NOD_UNITS: Final = 19.0
_TURN_HZ: Final = 0.32
_TURN_EASE_S: Final = 0.4
_PUSH_S: Final = 3.6
_PUSH_ZOOM: Final = 0.3


@dataclass(frozen=True)
class Motion:
    """One clip's motion. `speed` and `extent` lie near 1, `delay_s` is the stillness before it;
    `side` (-1 or 1) is where a turn from the front begins."""

    name: str
    speed: float = 1.0
    extent: float = 1.0
    delay_s: float = 0.0
    side: float = 1.0

    def pose(self, scene: Scene, time_s: float) -> Pose:
        """The pose at a time of the clip, which begins at 0."""
        since_s = max(0.0, time_s - self.delay_s)
        match self.name:
            case "blink":
                return Pose(lids=1 - _lids_down(since_s * self.speed))
            case "talk":
                return Pose(speaking=min(1.0, self.extent * _vowels(since_s * self.speed)))
            case "nod":
                return Pose(drop=_NOD_UNITS * self.extent * _swing(since_s * self.speed * _NOD_HZ))
            case "turn":
                return Pose(turn=self._turn(scene, since_s))
            case _:
                share = _ease(since_s * self.speed / _PUSH_S)
                return Pose(zoom=1 + _PUSH_ZOOM * self.extent * share)

    def _turn(self, scene: Scene, since_s: float) -> float:
        """From side to side: a head that looks aside comes round and goes back."""
        cycle = since_s * self.speed * _TURN_HZ
        if scene.view == "front":
            begun = _ease(since_s / _TURN_EASE_S)
            return self.side * self.extent * begun * math.sin(2 * math.pi * cycle)
        inward = 1.0 if scene.view == "left" else -1.0
        return inward * self.extent * 2 * _swing(cycle)


def random_motion(name: str, rng: np.random.Generator) -> Motion:
    """One of MOTIONS at a random speed and extent. Same generator state, same motion."""
    return Motion(
        name=name,
        speed=float(rng.uniform(0.88, 1.12)),
        extent=float(rng.uniform(0.88, 1.0)),
        delay_s=float(rng.uniform(0.0, 0.6 if name == "blink" else 0.25)),
        side=1.0 if rng.random() < 0.5 else -1.0,
    )


def _ease(share: float) -> float:
    """0 to 1 as `share` goes from 0 to 1, level at both ends."""
    held = min(1.0, max(0.0, share))
    return held * held * (3 - 2 * held)


def _swing(cycles: float) -> float:
    """0 at whole cycles, 1 halfway between."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * cycles)


def _lids_down(since_s: float) -> float:
    within_s = since_s % _BLINK_EVERY_S
    falling = _ease(within_s / _LID_FALL_S)
    rising = _ease((within_s - _LID_FALL_S - _LIDS_SHUT_S) / _LID_RISE_S)
    return falling - rising


def _vowels(since_s: float) -> float:
    loudness = 0.85 + 0.15 * math.sin(2 * math.pi * 0.6 * since_s)
    return loudness * _swing(since_s * _SYLLABLES_HZ)
