"""How a picture that is drawn becomes as large as it is delivered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def enlarged(picture: NDArray[np.uint8], scale: int) -> Image.Image:
    """(height, width, 3), `scale` times as wide and high."""
    image = Image.fromarray(picture)
    if scale == 1:
        return image
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.LANCZOS)
