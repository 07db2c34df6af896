"""How a sheet of pictures is written: as it is, and small enough to be kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Of a hundred: edges stay, and a sheet has a tenth of the bytes that a PNG of it would have.
_QUALITY: Final = 90


def write_sheet(sheet: NDArray[np.uint8], file: Path) -> None:
    """sheet: RGB (height, width, 3). Writes a WebP of its size, whatever the file is called."""
    Image.fromarray(sheet).save(file, format="WEBP", quality=_QUALITY, method=6)
