"""How a half-finished picture is shown without decoding it: latents times RGB factors."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PREVIEW_SIZE_BYTES_MAX: Final = 16 * 1024
_SIDE_MAX: Final = 64

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


def preview_png(latents: NDArray[np.float32], factors: Factors) -> bytes:
    """latents: (channels, h, w) of one picture. Returns a PNG of that size, w × h."""
    colours = np.tensordot(latents.transpose(1, 2, 0), factors[:-1], axes=1) + factors[-1]
    pixels = (np.nan_to_num(colours).clip(0, 1) * 255).round().astype(np.uint8)
    return small_png(pixels)


def small_png(picture: NDArray[np.uint8]) -> bytes:
    """A PNG of at most PREVIEW_SIZE_BYTES_MAX; a picture wider than _SIDE_MAX is shrunk."""
    image = Image.fromarray(picture)
    image.thumbnail((_SIDE_MAX, _SIDE_MAX), Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()
