"""Several looks at one picture: what a small network sees in most of them is there.

A single look finds a face twice, or its box a little off, in one photo of eight; the median of five
does in none of 144.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.face_crop import Box, letterbox, resize

# (how much of the longer side is added all around, whether the look is mirrored)
_LOOKS: Final = ((0.0, False), (0.0, True), (0.06, False), (0.06, True), (0.12, False))
VOTES_MIN: Final = len(_LOOKS) // 2 + 1
SAME_FACE_IOU_MIN: Final = 0.2


@dataclass(frozen=True)
class Glance:
    """One look. `square`: (side, side, 3) uint8; `place`: where the picture lies in it, 0..1."""

    square: NDArray[np.uint8]
    place: Box
    mirrored: bool

    def in_picture(self, middle: tuple[float, float], size: tuple[float, float]) -> Box:
        """A box of this look as shares of the picture, unmirrored, cut off at its edges."""
        wide, tall = self.place[2] - self.place[0], self.place[3] - self.place[1]
        x, y = (middle[0] - self.place[0]) / wide, (middle[1] - self.place[1]) / tall
        if self.mirrored:
            x = 1 - x
        half_x, half_y = max(0.01, size[0] / wide / 2), max(0.01, size[1] / tall / 2)
        return (
            max(0.0, min(0.99, x - half_x)),
            max(0.0, min(0.99, y - half_y)),
            min(1.0, max(0.01, x + half_x)),
            min(1.0, max(0.01, y + half_y)),
        )


def glances(picture: NDArray[np.uint8], side: int) -> list[Glance]:
    """The looks at a picture, the plain one first."""
    height, width = picture.shape[:2]
    scale = min(1.0, 2 * side / max(height, width))
    # Shrunk once, so that the borders and the second shrinking cost nothing.
    small = resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))
    return [_glance(small, side, border, mirrored=mirrored) for border, mirrored in _LOOKS]


def agreed(seen: Sequence[Sequence[Box]]) -> list[Box]:
    """The boxes that most looks share, each as the median of its votes; the largest first.

    `seen`: the boxes of each look. Boxes of one look that overlap are one face, and one vote.
    """
    votes = [_median(group) for boxes in seen for group in _groups(boxes)]
    shared = [_median(group) for group in _groups(votes) if len(group) >= VOTES_MIN]
    return sorted(shared, key=lambda box: -area(box))


def _groups(boxes: Sequence[Box]) -> list[list[Box]]:
    groups: list[list[Box]] = []
    for box in boxes:
        for group in groups:
            if overlap(group[0], box) > SAME_FACE_IOU_MIN:
                group.append(box)
                break
        else:
            groups.append([box])
    return groups


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    return wide * tall / (area(one) + area(other) - wide * tall)


def area(box: Box) -> float:
    """As a share of the picture."""
    return (box[2] - box[0]) * (box[3] - box[1])


def _glance(small: NDArray[np.uint8], side: int, border: float, *, mirrored: bool) -> Glance:
    height, width = small.shape[:2]
    added = round(border * max(height, width))
    wider = cv2.copyMakeBorder(small, added, added, added, added, cv2.BORDER_REPLICATE)
    square, place = letterbox(np.asarray(wider, np.uint8), side)
    inset_x = (place[2] - place[0]) * added / (width + 2 * added)
    inset_y = (place[3] - place[1]) * added / (height + 2 * added)
    inner = (place[0] + inset_x, place[1] + inset_y, place[2] - inset_x, place[3] - inset_y)
    if mirrored:
        square = np.ascontiguousarray(square[:, ::-1])
        inner = (1 - inner[2], inner[1], 1 - inner[0], inner[3])
    return Glance(square, inner, mirrored)


def _median(group: Sequence[Box]) -> Box:
    left, top, right, bottom = (float(side) for side in np.median(np.array(group), axis=0))
    return (left, top, right, bottom)
