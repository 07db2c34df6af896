"""How one person in one scene becomes a moving picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.motion_settings import FRAMES_PER_S
from gpu_consumers.engines.pocket.world.frame import SQUARE, Frame
from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.motion import Motion
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import Scene
from gpu_consumers.engines.pocket.world.styles import PLAIN, Style


def render_clip(
    identity: Identity,
    scene: Scene,
    motion: Motion,
    frames: int,
    *,
    fps: int = FRAMES_PER_S,
    style: Style = PLAIN,
    frame: Frame = SQUARE,
) -> NDArray[np.uint8]:
    """Draw a clip. Returns uint8 RGB (frames, frame.height, frame.width, 3); always the same."""
    return np.stack(
        [
            render(identity, scene, style=style, frame=frame, pose=motion.pose(scene, index / fps))
            for index in range(frames)
        ]
    )
