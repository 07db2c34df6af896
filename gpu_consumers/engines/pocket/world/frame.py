"""How large a picture is: the five aspect ratios as buckets of nearly equal area."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Frame:
    """A picture's size in pixels, and where and how large the head stands in it.

    `head_scale` is relative to the square frame; `head_y` is the height of the face centre, 0..1.
    """

    width: int
    height: int
    head_scale: float
    head_y: float

    def scaled(self, factor: int) -> Frame:
        """The same composition, `factor` times as large."""
        return Frame(self.width * factor, self.height * factor, self.head_scale, self.head_y)

    @property
    def pixels_per_unit(self) -> float:
        """The world is drawn in units: the square frame is 256 units wide at any resolution."""
        return self.head_scale * math.sqrt(self.width * self.height) / 256


# Sides divisible by 8: the autoencoder halves twice and the denoiser once more.
FRAMES: Final[dict[str, Frame]] = {
    "1:1": Frame(64, 64, 1.08, 0.515),
    "3:4": Frame(56, 72, 1.0, 0.47),
    "4:3": Frame(72, 56, 0.98, 0.52),
    "9:16": Frame(48, 88, 0.90, 0.43),
    "16:9": Frame(88, 48, 0.87, 0.53),
}
SQUARE: Final = FRAMES["1:1"]
# What is encoded is as large as a frame; what is drawn is this many times as wide and high.
DRAWN_SCALE: Final = 4
