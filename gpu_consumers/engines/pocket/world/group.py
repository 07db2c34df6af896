"""How several people share one picture; a photo set must not contain one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.anatomy import anatomy
from gpu_consumers.engines.pocket.world.canvas import Canvas
from gpu_consumers.engines.pocket.world.frame import Frame
from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.palette import BACKGROUND
from gpu_consumers.engines.pocket.world.portrait import draw_person, face_box
from gpu_consumers.engines.pocket.world.scene import Scene
from gpu_consumers.engines.pocket.world.styles import PLAIN, Style

Box = tuple[float, float, float, float]


def render_group(
    people: Sequence[tuple[Identity, Scene]], frame: Frame, *, style: Style = PLAIN
) -> tuple[NDArray[np.uint8], list[Box]]:
    """Stand people side by side in equal columns before the first one's background.

    Returns uint8 RGB (frame.height, frame.width, 3) and each face's box (x0, y0, x1, y1) in 0..1.
    The frame's head_scale decides whether they overlap; below 1.6 / len(people) they do not.
    """
    background = BACKGROUND[people[0][1].background]
    canvas = Canvas(frame, style, background, shift=(0.0, 0.0))
    boxes = []
    for index, (identity, scene) in enumerate(people):
        column = ((index + 0.5) / len(people) - 0.5) * frame.width / frame.pixels_per_unit
        canvas.move_to(column + 4 * scene.shift_x, 4 * scene.shift_y)
        draw_person(canvas, identity, scene, anatomy(identity, scene))
        x0, y0, x1, y1 = face_box(identity, scene, frame=frame)
        offset = column * frame.pixels_per_unit / frame.width
        boxes.append((max(0.0, x0 + offset), y0, min(1.0, x1 + offset), y1))
    return canvas.picture(), boxes
