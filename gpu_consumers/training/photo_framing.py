"""Which part of a photo is learnt at which size: the whole of it around its face, and the face.

A photo that is cut in its middle may lose half a head. A photo that is much larger than what the
engine draws at shows the face a second time, closer, without being enlarged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from gpu_consumers.engines.engine_loader import IdentityReader
from gpu_consumers.training.photo_set import Picture, fit, nearest_size

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 of a face, each 0..1 of the picture."""

CLOSE_UP_WORDS: Final = "close-up"
# A portrait's: the head with its hair, and the shoulders.
_CLOSE_UP_FACES_HIGH: Final = 2.4
# What is nearly the whole photo shows nothing that the whole photo does not.
_CLOSE_UP_SHARE_MAX: Final = 0.8
# Heads have hair above the face, and bodies below: the face stands a little above the middle.
_FACE_HEIGHT: Final = 0.45


class FaceFinder(Protocol):
    """Where the faces of a photograph are."""

    def faces(self, picture: Picture) -> Sequence[Box]:
        """Of RGB (height, width, 3), the largest first."""


class FaceReader(IdentityReader, FaceFinder, Protocol):
    """Who a photograph shows, and where."""


@dataclass(frozen=True)
class Framed:
    """A photo, or its face alone, fitted to one of the engine's sizes (width, height).

    `of`: which of the photos it is, by its place. `words` are what a caption says of it besides.
    """

    of: int
    size: tuple[int, int]
    picture: Picture
    words: tuple[str, ...] = ()


def framed(
    photos: Sequence[Picture], sizes: Sequence[tuple[int, int]], finder: FaceFinder | None
) -> list[Framed]:
    """Every photo at its nearest size, then the closer looks. Without a finder, the middles."""
    wholes, close_ups = [], []
    for place, photo in enumerate(photos):
        size = nearest_size(photo, sizes)
        found = [] if finder is None else finder.faces(photo)
        wholes.append(Framed(place, size, fit(photo, size, _centre(found[0]) if found else None)))
        if found and (near := close_up(photo, found[0], sizes[0])) is not None:
            close_ups.append(Framed(place, sizes[0], near, (CLOSE_UP_WORDS,)))
    return wholes + close_ups


def close_up(photo: Picture, face: Box, size: tuple[int, int]) -> Picture | None:
    """The face and what is around it at (width, height).

    None where that would have to be enlarged, or is nearly the whole photo.
    """
    height, width = photo.shape[:2]
    ratio = size[0] / size[1]
    high = max(_CLOSE_UP_FACES_HIGH * (face[3] - face[1]) * height, float(size[1]))
    if high > _CLOSE_UP_SHARE_MAX * min(height, width / ratio):
        return None
    wide = max(round(high * ratio), size[0])
    x, y = _centre(face)
    left = _within(x * width - wide / 2, width - wide)
    top = _within(y * height - high / 2, height - round(high))
    window = photo[top : top + round(high), left : left + wide]
    return fit(np.ascontiguousarray(window), size)


def _centre(face: Box) -> tuple[float, float]:
    """What is to be in the middle, so that the face is a little above it."""
    x0, y0, x1, y1 = face
    high = (y1 - y0) * _CLOSE_UP_FACES_HIGH
    return (x0 + x1) / 2, (y0 + y1) / 2 + (0.5 - _FACE_HEIGHT) * high


def _within(place: float, last: int) -> int:
    return min(max(0, round(place)), last)
