"""How a half-finished picture is shown without decoding it: latents times RGB factors."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PREVIEW_SIZE_BYTES_MAX: Final = 16 * 1024
# Smaller than this, nobody knows a face.
PREVIEW_SIDE_MIN: Final = 128
_COLOURS: Final = 128

Factors = NDArray[np.float32]


def fit_factors(latents: NDArray[np.float32], pictures: NDArray[np.uint8]) -> Factors:
    """Least squares from latents (n, channels, h, w) to their pictures (n, H, W, 3).

    Returns (channels + 1, 3): a row for each channel and one offset, for colours in 0..1.
    """
    _, channels, height, width = latents.shape
    small = np.stack(
        [
            np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BOX))
            for picture in pictures
        ]
    )
    values = latents.transpose(0, 2, 3, 1).reshape(-1, channels)
    values = np.concatenate([values, np.ones((len(values), 1), np.float32)], axis=1)
    colours = small.reshape(-1, 3).astype(np.float32) / 255
    factors, *_ = np.linalg.lstsq(values, colours, rcond=None)
    return factors.astype(np.float32)


def preview_strip(latents: NDArray[np.float32], factors: Factors) -> bytes:
    """latents: (n, channels, h, w), of the pictures without their noise.

    Returns a PNG of at most PREVIEW_SIZE_BYTES_MAX: the pictures side by side, left to right, none
    of their sides below PREVIEW_SIDE_MIN.
    """
    colours = np.tensordot(latents.transpose(0, 2, 3, 1), factors[:-1], axes=1) + factors[-1]
    pixels = (np.nan_to_num(colours).clip(0, 1) * 255).round().astype(np.uint8)
    height, width = pixels.shape[1:3]
    enlarged = -(-PREVIEW_SIDE_MIN // min(height, width))
    size = (len(pixels) * width * enlarged, height * enlarged)
    while True:
        png = _smoothed(pixels, size)
        if len(png) <= PREVIEW_SIZE_BYTES_MAX:
            return png
        pixels = pixels[:, ::2, ::2]


def _smoothed(pixels: NDArray[np.uint8], size: tuple[int, int]) -> bytes:
    """(n, h, w, 3), twice as fine and in few colours, as large as `size`: width and height."""
    # Each cell stands for a few pixels that one colour cannot tell: between cells it is smoothed,
    # or a face reads as noise. Twice is enough, and eight faces still fit.
    fine = [
        np.asarray(
            Image.fromarray(picture).resize(
                (picture.shape[1] * 2, picture.shape[0] * 2), Image.Resampling.LANCZOS
            )
        )
        for picture in pixels
    ]
    strip = Image.fromarray(np.concatenate(fine, axis=1))
    few = strip.quantize(_COLOURS, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.resize(size, Image.Resampling.NEAREST).save(buffer, format="PNG")
    return buffer.getvalue()
