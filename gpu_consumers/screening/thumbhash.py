"""A ThumbHash: at most 25 bytes that show a picture as a blur, until the picture is there.

The published format, https://evanw.github.io/thumbhash/, without its transparency: what is released
has none. The same bytes as the reference implementation gives, but where a wave lies just between
two levels: those that symmetry cancels are noise there.
"""

import base64
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.screening.picture_measures import Rgb

SIDE_MAX: Final = 100
"""More pixels say nothing more of so few waves."""

BYTES_MAX: Final = 25
_LUMINANCE_WAVES: Final = 7
_COLOUR_WAVES: Final = 3

Channel = NDArray[np.float64]
"""One number a pixel (height, width)."""


@dataclass(frozen=True)
class _Waves:
    """A channel as its mean, and its waves as whole numbers from 0 to 15 of the largest."""

    mean: float
    largest: float
    levels: tuple[int, ...]


def placeholder(rgb: Rgb) -> str:
    """The hash of a picture of any size, uint8 RGB (height, width, 3), in Base64."""
    picture = Image.fromarray(rgb)
    picture.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.BOX)
    return base64.b64encode(thumbhash(np.asarray(picture))).decode()


def thumbhash(rgb: Rgb) -> bytes:
    """The hash of uint8 RGB (height, width, 3), at most SIDE_MAX a side."""
    height, width = rgb.shape[:2]
    if max(height, width) > SIDE_MAX:
        raise ValueError(f"at most {SIDE_MAX} pixels a side")
    longest = max(width, height)
    across = max(1, _rounded(_LUMINANCE_WAVES * width / longest))
    down = max(1, _rounded(_LUMINANCE_WAVES * height / longest))
    red, green, blue = np.moveaxis(rgb.astype(np.float64) / 255.0, 2, 0)
    light = _waves((red + green + blue) / 3.0, max(3, across), max(3, down))
    yellow_blue = _waves((red + green) / 2.0 - blue, _COLOUR_WAVES, _COLOUR_WAVES)
    red_green = _waves(red - green, _COLOUR_WAVES, _COLOUR_WAVES)
    is_landscape = width > height
    first = (
        _rounded(63 * light.mean)
        | _rounded(31.5 + 31.5 * yellow_blue.mean) << 6
        | _rounded(31.5 + 31.5 * red_green.mean) << 12
        | _rounded(31 * light.largest) << 18
    )
    second = (
        (down if is_landscape else across)
        | _rounded(63 * yellow_blue.largest) << 3
        | _rounded(63 * red_green.largest) << 9
        | int(is_landscape) << 15
    )
    levels = (*light.levels, *yellow_blue.levels, *red_green.levels)
    pairs = zip(levels[::2], (*levels[1::2], 0), strict=False)
    waves = bytes(low | high << 4 for low, high in pairs)
    return first.to_bytes(3, "little") + second.to_bytes(2, "little") + waves


def _waves(channel: Channel, across: int, down: int) -> _Waves:
    """The channel as cosines: of the waves that fit, those of the nearer corner."""
    height, width = channel.shape
    rows, columns = _cosines(height, down), _cosines(width, across)
    found = rows @ channel @ columns.T / (width * height)
    kept = [
        float(found[y, x])
        for y in range(down)
        for x in range(across)
        if (x or y) and x * down < across * (down - y)
    ]
    largest = max(map(abs, kept))
    # A channel of one colour has no waves, only what rounding has left of them.
    if largest < 1e-9:
        return _Waves(float(found[0, 0]), 0.0, (0,) * len(kept))
    levels = tuple(_rounded(15 * (0.5 + 0.5 / largest * wave)) for wave in kept)
    return _Waves(float(found[0, 0]), largest, levels)


def _cosines(length: int, waves: int) -> Channel:
    """(waves, length)"""
    steps = np.arange(length) + 0.5
    return np.cos(np.pi / length * np.outer(np.arange(waves), steps))


def _rounded(number: float) -> int:
    """Halves go up, as in the reference implementation."""
    return math.floor(number + 0.5)
