"""How the same portrait looks in five styles; each differs in broad colour, not in fine texture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Colour: TypeAlias = tuple[float, float, float]
Picture: TypeAlias = NDArray[np.uint8]

PAPER: Final[Colour] = (250.0, 246.0, 234.0)
INK: Final[Colour] = (34.0, 24.0, 30.0)


@dataclass(frozen=True)
class Style:
    """A rendering variant: how fills, thin strokes and outlines are coloured, and what comes last.

    `finish` takes and returns uint8 RGB (height, width, 3) and looks the same at any resolution.
    """

    name: str
    ink: Colour
    outline_scale: float
    fill: Callable[[Colour], Colour]
    stroke: Callable[[Colour], Colour]
    finish: Callable[[Picture], Picture]


def blended(colour: Colour, other: Colour, share: float) -> Colour:
    """`share` of `other` in `colour`; exactly `colour` at 0."""
    r, g, b = (c * (1 - share) + o * share for c, o in zip(colour, other, strict=True))
    return (r, g, b)


def _grey(colour: Colour) -> Colour:
    value = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
    return (value, value, value)


def _unchanged(colour: Colour) -> Colour:
    return colour


def _as_drawn(picture: Picture) -> Picture:
    return picture


def _pencil(colour: Colour) -> Colour:
    return blended(blended(colour, _grey(colour), 0.65), PAPER, 0.5)


def _pencil_stroke(colour: Colour) -> Colour:
    return blended(_grey(colour), (60.0, 58.0, 64.0), 0.6)


def _glass_tube(colour: Colour) -> Colour:
    r, g, b = (c * 0.42 for c in colour)
    return (r + 8, g + 2, b + 34)


def _neon_stroke(colour: Colour) -> Colour:
    del colour
    return (255.0, 96.0, 214.0)


def _pigment(colour: Colour) -> Colour:
    return blended(colour, PAPER, 0.42)


def _pigment_stroke(colour: Colour) -> Colour:
    return blended(colour, PAPER, 0.2)


def _grid(picture: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates from -1 to 1 across the picture: (height, 1) and (1, width)."""
    height, width = picture.shape[:2]
    y = ((np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1)[:, None]
    x = ((np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1)[None, :]
    return y, x


def _levels(values: NDArray[np.floating[Any]]) -> Picture:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def _glow(picture: Picture) -> Picture:
    side = (picture.shape[0] * picture.shape[1]) ** 0.5
    bright = np.clip(picture.astype(np.float32) - 120, 0, None)
    halo = cv2.GaussianBlur(bright, (0, 0), side / 22)
    return _levels(picture + 0.9 * halo)


def _wet_paper(picture: Picture) -> Picture:
    y, x = _grid(picture)
    bloom = 1 + 0.06 * np.sin(5 * x + 2 * y + 1) + 0.05 * np.sin(4 * y - 3 * x)
    # The paint stops short of the edge in a wavy line: the strongest sign of this style at 64.
    edge = np.maximum(np.abs(x) + 0.04 * np.sin(9 * y), np.abs(y) + 0.04 * np.sin(8 * x + 1))
    paint = np.clip((0.93 - edge) / 0.1, 0, 1)[..., None]
    paper = np.array(PAPER, np.float32)
    painted = 255 - (255 - picture.astype(np.float32)) * bloom[..., None]
    return _levels(painted * paint + paper * (1 - paint))


def _film_stock(picture: Picture) -> Picture:
    y, x = _grid(picture)
    values = picture.astype(np.float32)
    grey = values.mean(axis=2, keepdims=True)
    faded = values * 0.72 + grey * 0.28
    warm = np.array([1.06, 0.93, 0.70], np.float32)
    lifted = 26 + faded * 0.86 * warm + np.array([0, 8, 22], np.float32) * (1 - grey / 255)
    vignette = 1 - 0.62 * np.clip((np.maximum(x**2, y**2) + 0.5 * x**2 * y**2) - 0.35, 0, 1)
    return _levels(lifted * vignette[..., None])


STYLES: Final[dict[str, Style]] = {
    style.name: style
    for style in (
        Style("plain", INK, 1.0, _unchanged, _unchanged, _as_drawn),
        Style("sketch", (74.0, 72.0, 80.0), 0.8, _pencil, _pencil_stroke, _as_drawn),
        Style("neon", (64.0, 244.0, 236.0), 0.9, _glass_tube, _neon_stroke, _glow),
        Style("watercolour", (138.0, 108.0, 122.0), 0.7, _pigment, _pigment_stroke, _wet_paper),
        Style("film", INK, 1.0, _unchanged, _unchanged, _film_stock),
    )
}
PLAIN: Final = STYLES["plain"]
