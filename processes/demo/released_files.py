"""What the demo finds out of every file that it downloads, as a stranger would who was given it."""

import io
from dataclasses import dataclass

import av
from PIL import Image

from gpu_consumers.screening.credentials import Credentials, CredentialsRefused, Generation
from processes.demo.client import DemoRefused

FILM = "video/mp4"
CLIP_FILES = {
    "MASTER": (FILM, ".mp4"),
    "PREVIEW": ("image/webp", ".webp"),
    "GIF": ("image/gif", ".gif"),
}
"""By the role of each file of a clip: its media type, and how its name ends."""


@dataclass(frozen=True)
class Film:
    """What a player says of an MP4."""

    codec: str
    pixel_format: str
    frames: int
    duration_s: float


def require_credentials(
    credentials: Credentials, data: bytes, generation: Generation, media_type: str
) -> None:
    """The file's content credentials are whole, trusted, and of this generation.

    Raises `DemoRefused`.
    """
    try:
        credentials.verify(data, generation, media_type=media_type)
    except CredentialsRefused as refused:
        raise DemoRefused(f"content credentials of {media_type}: {refused}") from refused


def film(data: bytes, duration_ms: int) -> Film:
    """Decode all of an MP4. Raises `DemoRefused` where it is not what every browser can play."""
    boxes = _boxes(data)
    if boxes.index(b"moov") > boxes.index(b"mdat"):
        raise DemoRefused("the clip cannot be played before its last byte has come")
    with av.open(io.BytesIO(data), "r") as container:
        [stream] = container.streams
        assert isinstance(stream, av.VideoStream)
        frames = list(container.decode(stream))
        found = Film(
            stream.codec_context.name,
            frames[0].format.name,
            len(frames),
            len(frames) / float(stream.average_rate or 1),
        )
        frame_s = found.duration_s / found.frames
    if (found.codec, found.pixel_format) != ("h264", "yuv420p"):
        raise DemoRefused(f"the clip is {found.codec} in {found.pixel_format}")
    if abs(found.duration_s - duration_ms / 1_000) > frame_s:
        raise DemoRefused(f"the clip takes {found.duration_s} s, not {duration_ms} ms")
    return found


def _boxes(data: bytes) -> list[bytes]:
    """The names of an MP4's outermost boxes, in their order."""
    names, at = [], 0
    while at + 8 <= len(data):
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        names.append(name)
        # Zero: to the end of the file.
        at += size if size >= 8 else len(data)
    return names


def spread_frames(data: bytes, count: int) -> list[bytes]:
    """`count` frames of an MP4 at equal distances, the first and the last among them, as PNG."""
    with av.open(io.BytesIO(data), "r") as container:
        frames = list(container.decode(video=0))
    chosen = [frames[round(n * (len(frames) - 1) / (count - 1))] for n in range(count)]
    return [_png(frame) for frame in chosen]


def _png(frame: av.VideoFrame) -> bytes:
    written = io.BytesIO()
    Image.fromarray(frame.to_ndarray(format="rgb24")).save(written, "PNG")
    return written.getvalue()
