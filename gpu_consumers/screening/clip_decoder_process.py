"""The limited process that opens untrusted clips. Run as a script, never imported by ours.

It takes one Matroska file of one FFV1 stream and nothing else. It sets its own limits before it
reads a byte: 4 bytes of length and the file in; 4 bytes of length and a JSON header out. Then, for
each frame, one byte `F` and `width × height × 3` bytes of RGB, and at the end one byte: `E` where
the file held exactly the frames it was to hold, `X` where it did not.
"""

import contextlib
import io
import json
import resource
import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO

import av

# Loaded now: once the limits stand, nothing more can be opened.
import av.audio.stream
import av.subtitles.stream
import av.video.reformatter
import av.video.stream

CPU_S = 60
MEMORY_BYTES_MAX = 1536 * 1024 * 1024
# Standard input, output and error: a file that names another file or an address opens neither.
OPEN_FILES_MAX = 3
CODEC = "ffv1"
PIXEL_FORMAT = "bgr0"


class Flawed(Exception):
    """The clip cannot be used; the argument is the flaw's name."""


def main() -> None:
    """Decode one file. `argv`: the longest side in pixels, the number of frames."""
    side_max, frames = int(sys.argv[1]), int(sys.argv[2])
    _limit()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    data = source.read(struct.unpack("!I", source.read(4))[0])
    # Whatever a decoder trips over is the clip's flaw and nobody else's.
    try:
        with _opened(data, side_max) as container:
            _answer(container, frames, target)
    except Flawed as flawed:
        _say(target, {"flaw": flawed.args[0]})
    except MemoryError:
        _say(target, {"flaw": "too-many-pixels"})
    except Exception:
        _say(target, {"flaw": "unreadable"})


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES_MAX, OPEN_FILES_MAX))


@contextlib.contextmanager
def _opened(data: bytes, side_max: int) -> Iterator[av.container.InputContainer]:
    """The container, once its only stream is known to be FFV1 of an allowed size.

    The format is said, not guessed: a playlist or a list of other files is no Matroska.
    """
    container = av.open(
        io.BytesIO(data),
        "r",
        format="matroska",
        metadata_errors="ignore",
        options={
            "codec_whitelist": CODEC,
            "format_whitelist": "matroska,webm",
            "protocol_whitelist": "",
            # What opening looks at before we can: no more pixels than will be allowed anyway.
            "max_pixels": str(side_max * side_max),
            "threads": "1",
        },
    )
    with container:
        streams = container.streams
        if len(streams) != 1 or len(streams.video) != 1:
            raise Flawed("other-streams")
        context = streams.video[0].codec_context
        if context is None or context.name != CODEC:
            raise Flawed("other-codec")
        width, height = context.width, context.height
        if not (0 < width <= side_max and 0 < height <= side_max):
            raise Flawed("too-many-pixels")
        if width % 2 or height % 2:
            # What is released has half as many colours a side as pixels.
            raise Flawed("odd-size")
        yield container


def _answer(container: av.container.InputContainer, frames: int, target: BinaryIO) -> None:
    """The header with the first frame, then all of them, then whether there were as many."""
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    size = (stream.codec_context.width, stream.codec_context.height)
    pictures = _pictures(container, size)
    first = next(pictures, None)
    if first is None:
        raise Flawed("no-frames")
    _say(target, {"flaw": None, "width": size[0], "height": size[1]})
    sent = 0
    picture: bytes | None = first
    try:
        while picture is not None and sent < frames:
            target.write(b"F" + picture)
            sent += 1
            # Looked for also behind the last one: a longer clip is not the one that was reported.
            picture = next(pictures, None)
    except Exception:
        # The header is out: what breaks now ends the frames instead of beginning them again.
        sent = -1
    target.write(b"E" if picture is None and sent == frames else b"X")
    target.flush()


def _pictures(container: av.container.InputContainer, size: tuple[int, int]) -> Iterator[bytes]:
    for frame in container.decode(video=0):
        if frame.is_corrupt or frame.format.name != PIXEL_FORMAT:
            raise Flawed("unreadable")
        if (frame.width, frame.height) != size:
            raise Flawed("unreadable")
        plane = frame.reformat(format="rgb24").planes[0]
        rows, row_bytes = memoryview(plane), size[0] * 3
        yield b"".join(
            rows[start : start + row_bytes]
            for start in range(0, size[1] * plane.line_size, plane.line_size)
        )


def _say(target: BinaryIO, header: dict[str, object]) -> None:
    encoded = json.dumps(header).encode()
    target.write(struct.pack("!I", len(encoded)) + encoded)
    target.flush()


if __name__ == "__main__":
    main()
