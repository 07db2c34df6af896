"""How the picture that a work begins from comes to the size that is drawn."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from gpu_consumers.engines.loaded_engine import SourceUnreadable

# Eight times as long as any side that is delivered today.
SOURCE_SIDE_MAX: Final = 8_192


def source_picture(png: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """RGB (height, width, 3), cut evenly at both ends where the ratio is another.

    Raises SourceUnreadable for what is no PNG, or too large.
    """
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            # Said by the header alone: nothing is unpacked yet.
            if max(image.size) > SOURCE_SIDE_MAX:
                raise SourceUnreadable(f"a side of more than {SOURCE_SIDE_MAX} pixels")
            picture = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise SourceUnreadable(type(error).__name__) from None
    fitted = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    # A copy of its own: torch warns of memory that it may not write to.
    return np.array(fitted, np.uint8)
