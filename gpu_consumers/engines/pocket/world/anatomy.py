"""Where the parts of one head are, in world units, once identity and scene are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.pose import NEUTRAL, Pose
from gpu_consumers.engines.pocket.world.scene import Scene

HEAD_HEIGHT = 82.0
# A wide white around a small iris: at 64 pixels a large iris floods the whole eye.
_IRIS_SHARE = 0.55
_TURN = {"front": 0.0, "left": -1.0, "right": 1.0}


@dataclass(frozen=True)
class Anatomy:
    """Measures of a head. `turn` is -1 (left) to 1 (right); features slide by `slide` with it.

    `lids`, `speaking`, `drop` and `as_learnt` are those of the pose.
    """

    turn: float
    half_width: float
    jaw: float
    chin: float
    slide: float
    back: float
    eye_y: float
    eye_rx: float
    eye_ry: float
    mouth_y: float
    lids: float
    speaking: float
    drop: float
    as_learnt: bool

    @property
    def iris(self) -> float:
        """The radius of an iris, in world units."""
        return self.eye_rx * _IRIS_SHARE

    @property
    def in_profile(self) -> bool:
        return abs(self.turn) > 0.3

    @property
    def profile(self) -> float:
        """0 from the front to 1 in profile: what differs between the two is mixed by it."""
        return float(np.clip((abs(self.turn) - 0.3) / 0.5, 0, 1))

    @property
    def facing(self) -> float:
        return float(np.sign(self.turn))

    def far(self, side: int) -> bool:
        """Whether that side (-1 left, 1 right) is the one turned away."""
        return self.in_profile and self.turn * side > 0

    def outline(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The face's contour, clockwise: x and y, 64 points each."""
        angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        x, y = np.cos(angle), np.sin(angle)
        low = np.clip(y, 0, 1)
        x = np.sign(x) * np.abs(x) ** 0.82 * (1 - (1 - self.jaw) * low**1.6)
        tall = HEAD_HEIGHT * np.where(y > 0, self.chin, 1.0)
        return x * self.half_width + self.turn * 8 * low, y * tall


def anatomy(identity: Identity, scene: Scene, pose: Pose = NEUTRAL) -> Anatomy:
    trait = identity.trait
    turn = _TURN[scene.view] * scene.yaw + pose.turn
    # A lowered head is seen a little from above: its features sink further than its outline.
    sunk = 0.3 * pose.drop
    chin = 1 + 0.11 * trait("chin")
    eye_rx = 20 + 3 * trait("eye_size")
    surprise = 1.12 if scene.expression == "open" else 0.95
    return Anatomy(
        turn=turn,
        half_width=72 + 12 * trait("face_width"),
        jaw=0.75 + 0.22 * trait("jaw"),
        chin=chin,
        slide=turn * 25,
        back=-turn * 20,
        eye_y=-8 - 7 * trait("eye_height") + sunk,
        eye_rx=eye_rx,
        eye_ry=eye_rx * 0.9 * surprise,
        mouth_y=49 * (0.4 + 0.6 * chin) + 4 * trait("mouth_drop") + sunk,
        lids=pose.lids,
        speaking=pose.speaking,
        drop=pose.drop,
        as_learnt=pose.as_learnt,
    )


def eye_x(identity: Identity, body: Anatomy, side: int) -> float:
    """The centre of one eye (side -1 left, 1 right)."""
    spacing = 0.49 * body.half_width + 4 * identity.trait("eye_spacing")
    foreshortened = mixed(1.0, 0.80 if body.far(side) else 0.92, body.profile)
    return body.slide + side * spacing * foreshortened


def iris_x(identity: Identity, body: Anatomy, side: int) -> float:
    """The centre of one iris: a turned head looks where it is turned to."""
    return eye_x(identity, body, side) + body.turn * body.eye_rx * 0.28 * eye_share(body, side)


def eye_share(body: Anatomy, side: int) -> float:
    """How much of an eye's width is seen: the far eye of a turned head is narrower."""
    return mixed(1.0, 0.78, body.profile) if body.far(side) else 1.0


def mixed(front: float, profile: float, share: float) -> float:
    """Exactly `front` at a share of 0 and exactly `profile` at 1."""
    return front * (1 - share) + profile * share
