"""How a clip's frames become one file that loses nothing: FFV1 in Matroska, 8-bit RGB, no sound."""

from __future__ import annotations

import io
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

# Of FFV1's 8-bit RGB formats the one that every build of it has.
_PIXELS: Final = "bgr0"
_OPTIONS: Final = {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"}


class LosslessClip:
    """A file in memory, written frame by frame. `finished` may be called once, at the end."""

    def __init__(self, width: int, height: int, frame_rate: int) -> None:
        self._file = io.BytesIO()
        # Without random numbers in the header: another attempt at the same clip is the same file.
        self._container = av.open(
            self._file, "w", format="matroska", options={"fflags": "bitexact"}
        )
        self._stream = self._container.add_stream("ffv1", rate=frame_rate, options=dict(_OPTIONS))
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = _PIXELS
        self._frames = 0

    def add(self, frame: NDArray[np.uint8]) -> None:
        """RGB (height, width, 3)."""
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        picture = picture.reformat(format=_PIXELS)
        picture.pts = self._frames
        self._frames += 1
        self._container.mux(self._stream.encode(picture))

    def finished(self) -> bytes:
        """The whole file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._file.getvalue()
