"""How one person in one scene becomes a picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.anatomy import HEAD_HEIGHT, Anatomy, anatomy
from gpu_consumers.engines.pocket.world.canvas import Canvas
from gpu_consumers.engines.pocket.world.face import (
    draw_beard,
    draw_eyes,
    draw_glasses,
    draw_head,
    draw_marks,
    draw_mouth,
    draw_neck,
    draw_nose,
)
from gpu_consumers.engines.pocket.world.frame import SQUARE, Frame
from gpu_consumers.engines.pocket.world.hair import draw_back_hair, draw_front_hair
from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.palette import BACKGROUND, TOP
from gpu_consumers.engines.pocket.world.pose import NEUTRAL, Pose
from gpu_consumers.engines.pocket.world.scene import Scene
from gpu_consumers.engines.pocket.world.styles import PLAIN, Style

SHIFT_UNITS = 4.0
# Far enough below the chin that the tallest frame never shows where the body ends.
_BODY_BOTTOM = 420.0


def render(
    identity: Identity,
    scene: Scene,
    *,
    style: Style = PLAIN,
    frame: Frame = SQUARE,
    pose: Pose = NEUTRAL,
) -> NDArray[np.uint8]:
    """Draw a portrait. Returns uint8 RGB (frame.height, frame.width, 3); the same every time."""
    body = anatomy(identity, scene, pose)
    frame = replace(frame, head_scale=frame.head_scale * pose.zoom)
    shift = (SHIFT_UNITS * scene.shift_x, SHIFT_UNITS * scene.shift_y)
    canvas = Canvas(frame, style, BACKGROUND[scene.background], shift=shift)
    draw_person(canvas, identity, scene, body)
    return canvas.picture()


def draw_person(canvas: Canvas, identity: Identity, scene: Scene, body: Anatomy) -> None:
    """From back to front, so that each part covers what lies behind it."""
    canvas.move_by(0, body.drop)
    draw_back_hair(canvas, identity, body)
    canvas.move_by(0, -body.drop)
    draw_neck(canvas, identity)
    canvas.polygon(
        [-150, -112, -38, 0, 38, 112, 150, 160, -160],
        [150, 92, 78, 98, 78, 92, 150, _BODY_BOTTOM, _BODY_BOTTOM],
        TOP[scene.top],
    )
    canvas.move_by(0, body.drop)
    draw_head(canvas, identity, body)
    draw_beard(canvas, identity, body)
    draw_mouth(canvas, identity, scene, body)
    draw_nose(canvas, identity, body)
    draw_marks(canvas, identity, body)
    draw_eyes(canvas, identity, scene, body)
    draw_front_hair(canvas, identity, body)
    draw_glasses(canvas, identity, body)


def face_box(
    identity: Identity, scene: Scene, *, frame: Frame = SQUARE
) -> tuple[float, float, float, float]:
    """Where the face (forehead to chin, without hair) is: x0, y0, x1, y1, each 0..1."""
    body = anatomy(identity, scene)
    x, y = body.outline()
    scale = frame.pixels_per_unit
    left = frame.width / 2 + scale * (SHIFT_UNITS * scene.shift_x + x.min())
    right = frame.width / 2 + scale * (SHIFT_UNITS * scene.shift_x + x.max())
    middle = frame.height * frame.head_y + scale * SHIFT_UNITS * scene.shift_y
    top, bottom = middle - scale * HEAD_HEIGHT, middle + scale * float(y.max())
    return (
        left / frame.width,
        max(0.0, top / frame.height),
        right / frame.width,
        min(1.0, bottom / frame.height),
    )
