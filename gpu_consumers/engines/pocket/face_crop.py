"""How a picture is prepared for the analyser: letterboxed whole, or cropped to a face."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
_GREY: Final = 114
# A crop is this much taller than the face box, so that the hair is inside.
CROP_TO_FACE: Final = 1.55
# The crown rises further above a face box than a neck hangs below it.
_CROP_RISE: Final = 0.10


def letterbox(picture: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], Box]:
    """Shrink or enlarge to fit a grey square of `side`.

    Returns the square and where the picture lies in it (x0, y0, x1, y1, in 0..1).
    """
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shrunk = resize(picture, size)
    square = np.full((side, side, 3), _GREY, np.uint8)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    square[top : top + size[1], left : left + size[0]] = shrunk
    return square, (left / side, top / side, (left + size[0]) / side, (top + size[1]) / side)


def crop_face(picture: NDArray[np.uint8], box: Box, side: int) -> NDArray[np.uint8]:
    """The square around a face (box in 0..1 of the picture), edges repeated outwards, resized."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    reach = CROP_TO_FACE * max(y1 - y0, 0.8 * (x1 - x0), 2.0)
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2 - _CROP_RISE * (y1 - y0)
    scale = side / reach
    if scale < 0.75:
        # Shrunk with averaging first: a bilinear warp alone would skip pixels and jitter lines.
        picture = resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))
        middle_x, middle_y = (
            middle_x * picture.shape[1] / width,
            middle_y * picture.shape[0] / height,
        )
        scale = 1.0
    shift = (side / 2 - scale * middle_x, side / 2 - scale * middle_y)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)
    cropped = cv2.warpAffine(
        picture, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(cropped, np.uint8)


def resize(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """To (width, height): averaged when shrinking, bilinear when enlarging."""
    shrinks = size[0] < picture.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)
