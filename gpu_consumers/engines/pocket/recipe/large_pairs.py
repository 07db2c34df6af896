"""What the large decoder is trained on: one scene as it is encoded, and as it is to be drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.captions import full_caption
from gpu_consumers.engines.pocket.world.features import Box, Features, features
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, FRAMES, Frame
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.motion import MOTIONS, random_motion
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.pose import NEUTRAL, Pose
from gpu_consumers.engines.pocket.world.scene import Scene, random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES

# Those with thin and pale lines come oftener: they are the ones that stay blurred.
_STYLE_SHARES: Final = {
    "plain": 0.2,
    "sketch": 0.2,
    "neon": 0.25,
    "watercolour": 0.2,
    "film": 0.15,
}
_SQUARE_SHARE: Final = 0.5
_MOVING_SHARE: Final = 0.5
# Of those that move: lids are half-way for one frame or two of a clip, which would be too few.
_HALF_CLOSED_SHARE: Final = 0.15
# Of what is encoded: as the denoiser draws it, though the world has clearer eyes and brows since.
_AS_LEARNT_SHARE: Final = 0.6
_CLIP_S: Final = 4.0
# A pupil is a thousandth of a picture, and is what one looks at.
IRIS_WEIGHT: Final = 15.0
EYES_WEIGHT: Final = 4.0
MOUTH_WEIGHT: Final = 2.0


@dataclass(frozen=True)
class Pairs:
    """The same scenes at both sizes, uint8 RGB (n, h, w, 3), with their full captions.

    `weights`: float32 (n, h, w) of the larger size, how much every pixel counts, 1 or more.
    """

    small: NDArray[np.uint8]
    large: NDArray[np.uint8]
    weights: NDArray[np.float32]
    captions: list[str]


def random_pairs(count: int, rng: np.random.Generator) -> Pairs:
    """Portraits and frames of clips in one random aspect ratio and any styles."""
    frame = _random_frame(rng)
    drawn = frame.scaled(DRAWN_SCALE)
    styles, shares = list(_STYLE_SHARES), list(_STYLE_SHARES.values())
    small: list[NDArray[np.uint8]] = []
    large: list[NDArray[np.uint8]] = []
    weights: list[NDArray[np.float32]] = []
    captions: list[str] = []
    for _ in range(count):
        who, scene = random_identity(rng), random_scene(rng)
        style = styles[int(rng.choice(len(styles), p=shares))]
        pose = _random_pose(scene, rng)
        learnt = replace(pose, as_learnt=bool(rng.random() < _AS_LEARNT_SHARE))
        for pictures, of_size, shown in ((small, frame, learnt), (large, drawn, pose)):
            pictures.append(render(who, scene, style=STYLES[style], frame=of_size, pose=shown))
        weights.append(_weights(features(who, scene, frame=drawn, pose=pose), drawn))
        captions.append(full_caption(who, scene, rng, style_name=style))
    return Pairs(np.stack(small), np.stack(large), np.stack(weights), captions)


def _random_frame(rng: np.random.Generator) -> Frame:
    ratios = list(FRAMES)
    square = rng.random() < _SQUARE_SHARE
    return FRAMES["1:1" if square else ratios[1 + int(rng.integers(len(ratios) - 1))]]


def _random_pose(scene: Scene, rng: np.random.Generator) -> Pose:
    if rng.random() >= _MOVING_SHARE:
        return NEUTRAL
    motion = random_motion(MOTIONS[int(rng.integers(len(MOTIONS)))], rng)
    pose = motion.pose(scene, float(rng.uniform(0, _CLIP_S)))
    if rng.random() < _HALF_CLOSED_SHARE:
        return replace(pose, lids=float(rng.uniform()))
    return pose


def _weights(found: Features, frame: Frame) -> NDArray[np.float32]:
    """(height, width)."""
    weights = np.ones((frame.height, frame.width), np.float32)
    weights[_within(found.mouth)] = MOUTH_WEIGHT
    for eye in found.eyes:
        weights[_within(eye)] = EYES_WEIGHT
    for iris in found.irises:
        weights[_within(iris)] = IRIS_WEIGHT
    return weights


def _within(box: Box) -> tuple[slice, slice]:
    """Rows and columns of a picture."""
    top, bottom, left, right = (
        max(0, round(edge)) for edge in (box.top, box.bottom, box.left, box.right)
    )
    return slice(top, bottom), slice(left, right)
