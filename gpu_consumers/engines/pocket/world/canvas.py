"""How shapes reach pixels: a sub-pixel canvas in world units, painted through a style."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_consumers.engines.pocket.world.frame import Frame
from gpu_consumers.engines.pocket.world.styles import Colour, Style

OUTLINE_UNITS: Final = 8.0
_SUBPIXEL_BITS: Final = 4
# Shapes are drawn this much larger and averaged down, so that a thin line keeps its weight at 64.
_OVERSAMPLING_AT_64: Final = 4
_DRAWN_SIDE_MAX: Final = 1024
# OpenCV draws a smoothed line about two pixels too wide, which at 64 makes outlines bolder. A
# larger picture is given the same share of boldness, or photos would not look like the world.
_LINE_SURPLUS_PX: Final = 2.0
_TRAINED_SCALE: Final = 1.08


class Canvas:
    """A picture in progress. The origin is the face centre, x right, y down, in world units."""

    def __init__(
        self, frame: Frame, style: Style, background: Colour, *, shift: tuple[float, float]
    ) -> None:
        longest = max(frame.width, frame.height)
        oversampling = max(1, min(_OVERSAMPLING_AT_64, _DRAWN_SIDE_MAX // longest))
        drawn = frame.scaled(oversampling)
        self._frame = frame
        self._style = style
        self._scale = drawn.pixels_per_unit
        self._middle = np.array([drawn.width / 2, drawn.height * drawn.head_y])
        self.move_to(*shift)
        self._image = np.empty((drawn.height, drawn.width, 3), np.uint8)
        self._image[:] = style.fill(background)

    def move_to(self, x: float, y: float) -> None:
        """Put the origin this many units away from where the frame wants the face."""
        self._origin = self._middle + self._scale * np.array([x, y])

    def move_by(self, x: float, y: float) -> None:
        """Move the origin by this many units from where it is."""
        self._origin = self._origin + self._scale * np.array([x, y])

    def polygon(
        self, x: ArrayLike, y: ArrayLike, colour: Colour, *, outline: float = OUTLINE_UNITS
    ) -> None:
        points = self._points(x, y)
        cv2.fillPoly(self._image, [points], self._style.fill(colour), cv2.LINE_AA, _SUBPIXEL_BITS)
        if outline:
            cv2.polylines(
                self._image,
                [points],
                isClosed=True,
                color=self._style.ink,
                thickness=self._thickness(outline * self._style.outline_scale),
                lineType=cv2.LINE_AA,
                shift=_SUBPIXEL_BITS,
            )

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, *, outline: float = 0.0
    ) -> None:
        centre = self._points([x], [y])[0, 0]
        axes = (self._subpixels(rx), self._subpixels(ry))
        where = ((int(centre[0]), int(centre[1])), axes, 0.0, 0.0, 360.0)
        fill = self._style.fill(colour)
        cv2.ellipse(self._image, *where, fill, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
        if outline:
            width = self._thickness(outline * self._style.outline_scale)
            cv2.ellipse(self._image, *where, self._style.ink, width, cv2.LINE_AA, _SUBPIXEL_BITS)

    def ring(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, *, width: float
    ) -> None:
        turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        self.stroke(x + rx * np.cos(turn), y + ry * np.sin(turn), colour, width=width, closed=True)

    def stroke(
        self, x: ArrayLike, y: ArrayLike, colour: Colour, *, width: float, closed: bool = False
    ) -> None:
        cv2.polylines(
            self._image,
            [self._points(x, y)],
            closed,
            self._style.stroke(colour),
            self._thickness(width),
            cv2.LINE_AA,
            _SUBPIXEL_BITS,
        )

    def picture(self) -> NDArray[np.uint8]:
        """The finished picture, uint8 RGB (frame.height, frame.width, 3)."""
        size = (self._frame.width, self._frame.height)
        small = cv2.resize(self._image, size, interpolation=cv2.INTER_AREA)
        return self._style.finish(small)

    def _points(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int32]:
        units = np.stack([np.asarray(x, float), np.asarray(y, float)], axis=-1)
        pixels = (self._origin + self._scale * units) * (1 << _SUBPIXEL_BITS)
        return np.round(pixels).astype(np.int32).reshape(-1, 1, 2)

    def _subpixels(self, length: float) -> int:
        return max(1, round(length * self._scale * (1 << _SUBPIXEL_BITS)))

    def _thickness(self, width: float) -> int:
        beyond = max(0.0, self._scale - _TRAINED_SCALE)
        return max(1, round(width * self._scale + _LINE_SURPLUS_PX * beyond))
