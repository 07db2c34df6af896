"""Where in a picture the parts of a face are that one looks at: eyes, irises, mouth."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gpu_consumers.engines.pocket.world.anatomy import anatomy, eye_share, eye_x, iris_x
from gpu_consumers.engines.pocket.world.frame import SQUARE, Frame
from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.portrait import SHIFT_UNITS
from gpu_consumers.engines.pocket.world.pose import NEUTRAL, Pose
from gpu_consumers.engines.pocket.world.scene import Scene

# From an eye's middle to beyond its brow, and to below a pair of glasses, in heights of the eye.
_ABOVE, _BELOW = 3.2, 1.7
# From an eye's middle to beyond its glasses, in widths of the eye.
_ASIDE = 1.6
_MOUTH_WIDE, _MOUTH_TALL = 44.0, 34.0


@dataclass(frozen=True)
class Box:
    """In pixels of a picture, which it may overlap: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Features:
    """`eyes` with their brows and glasses; an iris is there whether or not a lid covers it."""

    eyes: tuple[Box, Box]
    irises: tuple[Box, Box]
    mouth: Box


def features(
    identity: Identity, scene: Scene, *, frame: Frame = SQUARE, pose: Pose = NEUTRAL
) -> Features:
    """Where they are in what `render` draws of the same."""
    body = anatomy(identity, scene, pose)
    scale = replace(frame, head_scale=frame.head_scale * pose.zoom).pixels_per_unit
    middle_x = frame.width / 2 + scale * SHIFT_UNITS * scene.shift_x
    middle_y = frame.height * frame.head_y + scale * (SHIFT_UNITS * scene.shift_y + body.drop)

    def box(x: float, y: float, wide: float, above: float, below: float) -> Box:
        return Box(
            middle_x + scale * (x - wide),
            middle_y + scale * (y - above),
            middle_x + scale * (x + wide),
            middle_y + scale * (y + below),
        )

    eyes, irises = [], []
    for side in (-1, 1):
        x, rx, ry = eye_x(identity, body, side), body.eye_rx, body.eye_ry
        eyes.append(box(x, body.eye_y, _ASIDE * rx, _ABOVE * ry, _BELOW * ry))
        look, seen = iris_x(identity, body, side), body.iris * eye_share(body, side)
        irises.append(box(look, body.eye_y + 1, seen, body.iris, body.iris))
    mouth = box(body.slide * 0.86, body.mouth_y, _MOUTH_WIDE, _MOUTH_TALL, _MOUTH_TALL)
    return Features((eyes[0], eyes[1]), (irises[0], irises[1]), mouth)
