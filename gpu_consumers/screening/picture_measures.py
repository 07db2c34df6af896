"""What can be measured of a picture without knowing what it shows. All take uint8 RGB (h, w, 3)."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

SHARPNESS_SIDE_PX: Final = 512
_COLOUR_CELLS: Final = 32


def sharpness(rgb: Rgb) -> float:
    """Variance of the Laplacian, at one size for all. A cartoon has 300 and more, blurred 2."""
    grey = cv2.cvtColor(fitted(rgb, SHARPNESS_SIDE_PX), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def light_range(rgb: Rgb) -> tuple[float, float]:
    """The grey value that 5 % of the pixels lie below, and the one that 5 % lie above. 0..255."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    low, high = np.percentile(grey, (5, 95))
    return float(low), float(high)


def colour_cells(rgb: Rgb) -> NDArray[np.float64]:
    """The picture as 32 × 32 colours without their mean, so that brightness does not count."""
    cells = cv2.resize(rgb, (_COLOUR_CELLS, _COLOUR_CELLS), interpolation=cv2.INTER_AREA)
    wide = cells.astype(np.float64)
    return np.asarray(wide - wide.mean(axis=(0, 1)), np.float64)


def colour_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The mean over all cells of the largest difference of a channel, 0..255."""
    return float(np.abs(one - other).max(axis=2).mean())


def fitted(rgb: Rgb, side: int) -> Rgb:
    """Shrunk so that neither side is longer than `side`; never enlarged."""
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    if scale >= 1.0:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
