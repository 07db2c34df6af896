"""The visible label, and the shape in which an item is published: pixels in, pixels out."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gpu_consumers.screening.picture_measures import Rgb

LABEL: Final = "AI generated"
HEIGHT_SHARE: Final = 0.045
"""Of the shorter side. Legible on a phone, where a story is some 360 points wide."""
HEIGHT_MIN_PX: Final = 16
_GROUND: Final = (20, 20, 24)
_INK: Final = (255, 255, 255)
_OPAQUE: Final = 0.8
"""Of its ground: white on it is at least 7 : 1 whatever lies below."""


def published(rgb: Rgb, size: tuple[int, int] | None) -> Rgb:
    """All of a picture, uint8 RGB (height, width, 3), in the middle of `size` (width, height), with
    the label at its lower left. Without a size it is as large as it is, with even sides.

    What it does not fill has the colour of its edge: nothing of it is cut off but an odd last row.
    """
    height, width = rgb.shape[:2]
    if size is None:
        shown = np.array(rgb[: height - height % 2, : width - width % 2])
    else:
        shown = _in_the_middle(rgb, size)
    _label(shown)
    return shown


def _in_the_middle(rgb: Rgb, size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(rgb).resize(fitted, Image.Resampling.LANCZOS)
    edge = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    red, green, blue = (int(value) for value in np.median(edge, axis=0))
    sheet = Image.new("RGB", size, (red, green, blue))
    sheet.paste(picture, ((size[0] - fitted[0]) // 2, (size[1] - fitted[1]) // 2))
    return np.array(sheet)


def _label(shown: NDArray[np.uint8]) -> None:
    height, width = shown.shape[:2]
    cover, ink = _drawn(max(HEIGHT_MIN_PX, round(min(width, height) * HEIGHT_SHARE)))
    # On an item that is smaller than its label, what fits of it.
    high, wide = min(cover.shape[0], height), min(cover.shape[1], width)
    margin = min(cover.shape[0] // 2, height - high, width - wide)
    place = shown[height - margin - high : height - margin, margin : margin + wide]
    below = place.astype(np.float32)
    covered = below + (np.asarray(_GROUND, np.float32) - below) * cover[:high, :wide, None]
    inked = covered + (np.asarray(_INK, np.float32) - covered) * ink[:high, :wide, None]
    place[:] = np.rint(inked).astype(np.uint8)


@cache
def _drawn(high: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much of the label's ground and of its ink there is, 0..1 by pixel (height, width)."""
    font = ImageFont.load_default(size=round(high * 0.62))
    left, top, right, bottom = font.getbbox(LABEL)
    wide = round(right - left) + high
    ground, ink = Image.new("L", (wide, high)), Image.new("L", (wide, high))
    box = (0, 0, wide - 1, high - 1)
    ImageDraw.Draw(ground).rounded_rectangle(box, radius=high // 3, fill=round(255 * _OPAQUE))
    at = (high / 2 - left, (high - (bottom - top)) / 2 - top)
    ImageDraw.Draw(ink).text(at, LABEL, font=font, fill=255)
    return _share(ground), _share(ink)


def _share(mask: Image.Image) -> NDArray[np.float32]:
    return np.asarray(mask, np.float32) / np.float32(255)
