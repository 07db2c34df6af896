"""How sharp pictures are: what of them a quarter of their width and height could not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.recipe.sampling import draw_whole
from gpu_consumers.engines.pocket.world.captions import full_caption
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, SQUARE
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES

Pictures = NDArray[np.uint8]
COARSER: Final = 4
# Of real renders' fine detail. Blown-up pictures have none by definition.
_SHARE_GOAL: Final = 0.7
_SEED: Final = 4_300


def fine_detail(pictures: Pictures) -> NDArray[np.float32]:
    """What is lost of pictures (n, h, w, 3) that are shrunk by COARSER and enlarged again.

    In levels of 255, of the same shape: averages of areas down, Lanczos up.
    """
    kept = []
    for picture in pictures:
        size = (picture.shape[1], picture.shape[0])
        coarse = (size[0] // COARSER, size[1] // COARSER)
        small = cv2.resize(picture, coarse, interpolation=cv2.INTER_AREA)
        kept.append(cv2.resize(small, size, interpolation=cv2.INTER_LANCZOS4))
    return np.asarray(pictures.astype(np.float32) - np.stack(kept).astype(np.float32))


def sharpness(pictures: Pictures) -> float:
    """Root mean square of the fine detail, in levels of 255."""
    return float((fine_detail(pictures) ** 2).mean() ** 0.5)


def sharpness_lines(pipeline: Any, count: int) -> Iterator[dict[str, Any]]:
    """Of every style: pictures drawn from words against real renders of the same words."""
    for style in STYLES:
        rng = np.random.default_rng([_SEED, list(STYLES).index(style)])
        people = [(random_identity(rng), random_scene(rng)) for _ in range(count)]
        captions = [
            full_caption(who, scene, rng, subject="a person", style_name=style)
            for who, scene in people
        ]
        frame = SQUARE.scaled(DRAWN_SCALE)
        real = np.stack([render(w, s, style=STYLES[style], frame=frame) for w, s in people])
        value = sharpness(draw_whole(pipeline, captions, seed=9))
        ceiling = sharpness(real)
        yield {
            "measure": f"sharpness, {style}: fine detail, levels of 255",
            "value": round(value, 2),
            "goal": round(_SHARE_GOAL * ceiling, 2),
            "holds": value >= _SHARE_GOAL * ceiling,
            "n": count,
            "ceiling": round(ceiling, 2),
            "chance": 0.0,
        }
