"""Untrusted clips become pixels in a limited process, one process for each."""

import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
"""uint8 RGB (frames, height, width, 3)."""

CLIP_MEDIA_TYPE: Final = "video/x-matroska"
RGB_BYTES_MAX: Final = 512 * 1024 * 1024
"""All frames of a clip, as pixels. They are judged and encoded from memory, so that what is
released is what was looked at."""

DECODE_LIMIT_S: Final = 90.0
_HEADER_BYTES_MAX: Final = 4096
_SCRIPT = Path(__file__).with_name("clip_decoder_process.py")

UNREADABLE: Final = "unreadable"
_FLAWS: Final = frozenset(
    {UNREADABLE, "other-streams", "other-codec", "too-many-pixels", "odd-size", "no-frames"}
)


@dataclass(frozen=True)
class ClipLimits:
    """What an engine's clips may be: the uploaded file in bytes, the longest side in pixels."""

    file_bytes_max: int
    side_max: int


@dataclass(frozen=True)
class UndecodedClip:
    """No pixels. `flaw` is for the log: every flaw denies alike."""

    flaw: str


class _Header(msgspec.Struct, frozen=True):
    flaw: str | None
    width: int = 0
    height: int = 0


class _DecoderGone(Exception):
    """The process died, was killed, or talked nonsense."""


def decode_clip(
    data: bytes, *, frames: int, limits: ClipLimits, limit_s: float = DECODE_LIMIT_S
) -> Frames | UndecodedClip:
    """Decode a file that is to hold exactly `frames` frames. Never raises for what is in it.

    Ends within `limit_s`. What the file says of time is not read.
    """
    if len(data) > limits.file_bytes_max:
        return UndecodedClip("too-many-pixels")
    # Isolated, without our environment: nothing of ours to find in there.
    process = subprocess.Popen(
        [sys.executable, "-I", str(_SCRIPT), str(limits.side_max), str(frames)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    deadline = threading.Timer(limit_s, process.kill)
    deadline.start()
    try:
        return _exchange(process, data, frames, limits)
    except (_DecoderGone, OSError):
        return UndecodedClip(UNREADABLE)
    finally:
        deadline.cancel()
        _end(process)


def _exchange(
    process: subprocess.Popen[bytes], data: bytes, frames: int, limits: ClipLimits
) -> Frames | UndecodedClip:
    if process.stdin is None or process.stdout is None:
        raise _DecoderGone
    process.stdin.write(struct.pack("!I", len(data)) + data)
    process.stdin.flush()
    header = _header(process.stdout)
    if header.flaw is not None:
        return UndecodedClip(header.flaw if header.flaw in _FLAWS else UNREADABLE)
    width, height = header.width, header.height
    if not (0 < width <= limits.side_max and 0 < height <= limits.side_max):
        raise _DecoderGone
    if frames * width * height * 3 > RGB_BYTES_MAX:
        return UndecodedClip("too-many-pixels")
    rgb = np.empty((frames, height, width, 3), np.uint8)
    for frame in rgb:
        if _read(process.stdout, 1) != b"F":
            return UndecodedClip(UNREADABLE)
        frame[:] = np.frombuffer(_read(process.stdout, frame.nbytes), np.uint8).reshape(frame.shape)
    if _read(process.stdout, 1) != b"E":
        return UndecodedClip(UNREADABLE)
    return rgb


def _header(pipe: IO[bytes]) -> _Header:
    (header_bytes,) = struct.unpack("!I", _read(pipe, 4))
    if header_bytes > _HEADER_BYTES_MAX:
        raise _DecoderGone
    try:
        return msgspec.json.decode(_read(pipe, header_bytes), type=_Header)
    except msgspec.DecodeError as nonsense:
        raise _DecoderGone from nonsense


def _read(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) != size:
        raise _DecoderGone
    return data


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                # Bytes it never read are of no use to anyone.
                continue
