"""Untrusted pictures become pixels in a limited process, and files again from nothing else."""

import io
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

PHOTO_SIDE_MAX: Final = 1536
"""A clean photo's longest side: more than any engine draws, so that none is enlarged to be learnt,

and that a face can be shown closer.
"""

OUTPUT_SIDE_MAX: Final = 4096
"""An output's longest side. Outputs are never shrunk below it."""

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
DECODE_LIMIT_S: Final = 20.0
_HEADER_BYTES_MAX: Final = 4096
_SCRIPT = Path(__file__).with_name("decoder_process.py")

UNREADABLE: Final = "unreadable"
_FLAWS: Final = frozenset(
    {UNREADABLE, "truncated", "animated", "too-many-pixels", "unsupported-colour"}
)


@dataclass(frozen=True)
class DecodedPhoto:
    """Upright pixels, uint8 RGB (height, width, 3), and the upright size before shrinking."""

    rgb: NDArray[np.uint8]
    original_width: int
    original_height: int


@dataclass(frozen=True)
class UndecodedPhoto:
    """No pixels. `flaw` is a value of the photo set's flaws."""

    flaw: str


class _Header(msgspec.Struct, frozen=True):
    flaw: str | None
    width: int = 0
    height: int = 0
    original_width: int = 0
    original_height: int = 0


class _DecoderGone(Exception):
    """The process died, was killed, or talked nonsense."""


class PhotoDecoder:
    """Decodes one picture after another. One thread at a time; a context manager.

    The process is started with the first picture, shared by all, and replaced when it dies: what
    killed it is that picture's flaw.
    """

    def __init__(
        self, *, side_max: int = PHOTO_SIDE_MAX, decode_limit_s: float = DECODE_LIMIT_S
    ) -> None:
        self._side_max = side_max
        self._decode_limit_s = decode_limit_s
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def decode(self, data: bytes) -> DecodedPhoto | UndecodedPhoto:
        """Decode a file. Never raises for what is in it; ends within the limit."""
        if len(data) > FILE_BYTES_MAX:
            return UndecodedPhoto("too-many-pixels")
        process = self._running()
        deadline = threading.Timer(self._decode_limit_s, process.kill)
        deadline.start()
        try:
            return self._exchange(process, data)
        except (_DecoderGone, OSError):
            self.close()
            return UndecodedPhoto(UNREADABLE)
        finally:
            deadline.cancel()

    def close(self) -> None:
        """End the process. May be called twice; the next picture starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    # Bytes it never read are of no use to anyone.
                    continue

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            # Isolated, without our environment: nothing of ours to find in there.
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_SCRIPT), str(self._side_max)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        return self._process

    def _exchange(
        self, process: subprocess.Popen[bytes], data: bytes
    ) -> DecodedPhoto | UndecodedPhoto:
        if process.stdin is None or process.stdout is None:
            raise _DecoderGone
        process.stdin.write(struct.pack("!I", len(data)) + data)
        process.stdin.flush()
        (header_bytes,) = struct.unpack("!I", _read(process.stdout, 4))
        if header_bytes > _HEADER_BYTES_MAX:
            raise _DecoderGone
        try:
            header = msgspec.json.decode(_read(process.stdout, header_bytes), type=_Header)
        except msgspec.DecodeError as nonsense:
            raise _DecoderGone from nonsense
        if header.flaw is not None:
            return UndecodedPhoto(header.flaw if header.flaw in _FLAWS else UNREADABLE)
        width, height = header.width, header.height
        if not (0 < width <= self._side_max and 0 < height <= self._side_max):
            raise _DecoderGone
        pixels = np.frombuffer(_read(process.stdout, width * height * 3), np.uint8)
        rgb = pixels.reshape(height, width, 3)
        return DecodedPhoto(rgb, header.original_width, header.original_height)


def clean_png(rgb: NDArray[np.uint8]) -> bytes:
    """A PNG of these pixels, uint8 RGB (height, width, 3), that says nothing else."""
    target = io.BytesIO()
    # Half the time of the default level, for a tenth more bytes.
    Image.fromarray(rgb).save(target, "PNG", compress_level=3)
    return target.getvalue()


def _read(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) != size:
        raise _DecoderGone
    return data
