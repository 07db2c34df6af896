"""A plain picture in another style, as far as its pixels tell: for learning one face in all styles.

The renderer colours fills, strokes and outlines apart. Here an outline is what is dark and thin;
everything else counts as fill.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.styles import STYLES, Picture

_DARK_MAX: Final = 78.0
_OUTLINE_SHARE_MAX: Final = 0.075
"""Outlines are thinner than this share of the picture's side; dark hair and tops are not."""


def restyled(picture: Picture, style_name: str) -> Picture:
    """uint8 RGB (height, width, 3), plain, to the same size in another style."""
    style = STYLES[style_name]
    fills = _mapped(picture, style_name)
    outline = _outline(picture)[..., None]
    ink = np.array(style.ink, np.float32)
    return style.finish(
        np.asarray(np.clip(fills * (1 - outline) + ink * outline, 0, 255), np.uint8)
    )


def _mapped(picture: Picture, style_name: str) -> NDArray[np.float32]:
    """Every pixel as a fill of the style: fills are affine in the colour, so four values tell."""
    fill = STYLES[style_name].fill
    black = np.array(fill((0.0, 0.0, 0.0)), np.float32)
    columns = []
    for channel in range(3):
        unit = [0.0, 0.0, 0.0]
        unit[channel] = 255.0
        columns.append((np.array(fill((unit[0], unit[1], unit[2])), np.float32) - black) / 255)
    return np.asarray(picture.astype(np.float32) @ np.stack(columns) + black, np.float32)


def _outline(picture: Picture) -> NDArray[np.float32]:
    """0..1 (height, width): how much of each pixel is outline."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    dark = np.clip((_DARK_MAX - grey) / (_DARK_MAX / 2), 0, 1)
    side = max(3, round(min(picture.shape[:2]) * _OUTLINE_SHARE_MAX))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    broad = cv2.morphologyEx(dark, cv2.MORPH_OPEN, kernel)
    return np.asarray(np.clip(dark - broad, 0, 1), np.float32)
