"""How a sheet of small pictures is written: every pixel enlarged, none smoothed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

ENLARGED: Final = 2


def write_sheet(sheet: NDArray[np.uint8], file: Path) -> None:
    """sheet: RGB (height, width, 3). Writes a PNG of ENLARGED times its size."""
    size = (sheet.shape[1] * ENLARGED, sheet.shape[0] * ENLARGED)
    enlarged = np.asarray(cv2.resize(sheet, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    in_bgr = cv2.cvtColor(enlarged, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(file), in_bgr, [cv2.IMWRITE_PNG_COMPRESSION, 9])
