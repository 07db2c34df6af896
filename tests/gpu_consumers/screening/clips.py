"""Clips as workers upload them, and as they never should."""

import io
from collections.abc import Sequence
from fractions import Fraction
from functools import cache

import av
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.clip import render_clip
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.motion import Motion
from gpu_consumers.engines.pocket.world.scene import random_scene

FRAME_RATE = 8
SOUND_HZ = 48_000


@cache
def portrait_clip(
    frames: int = 32, motion: str = "talk", side: int = 64, seed: int = 5
) -> NDArray[np.uint8]:
    """A cartoon that moves, (frames, side, side, 3)."""
    rng = np.random.default_rng(seed)
    drawn = render_clip(random_identity(rng), random_scene(rng), Motion(motion), frames)
    factor = side // drawn.shape[1]
    return drawn.repeat(factor, axis=1).repeat(factor, axis=2)


def matroska(
    frames: NDArray[np.uint8],
    *,
    codec: str = "ffv1",
    pixel_format: str = "bgr0",
    beside: Sequence[str] = (),
    container_format: str = "matroska",
) -> bytes:
    """A file of these frames, (frames, height, width, 3).

    `beside` them: "audio", "subtitles", "attachment", "video".
    """
    target = io.BytesIO()
    with av.open(target, "w", format=container_format) as container:
        stream = _film(container, codec, frames, pixel_format)
        further = _film(container, codec, frames, pixel_format) if "video" in beside else None
        sound = container.add_stream("flac", rate=SOUND_HZ) if "audio" in beside else None
        words = container.add_stream("subrip") if "subtitles" in beside else None
        if isinstance(words, av.subtitles.stream.SubtitleStream):
            words.codec_context.subtitle_header = b"[Script Info]\nScriptType: v4.00+\n"
        if "attachment" in beside:
            container.add_attachment("notes.txt", "text/plain", b"cat /etc/passwd")
        for film in (stream, further):
            if film is None:
                continue
            for number, rgb in enumerate(frames):
                picture = av.VideoFrame.from_ndarray(rgb, format="rgb24")
                picture = picture.reformat(format=pixel_format)
                picture.pts = number
                container.mux(film.encode(picture))
            container.mux(film.encode(None))
        if isinstance(sound, av.AudioStream):
            silence = np.zeros((1, 4_096), np.int16)
            tone = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
            tone.rate = SOUND_HZ
            container.mux(sound.encode(tone))
            container.mux(sound.encode(None))
        if words is not None:
            line = av.Packet(b"hello")
            line.stream, line.pts, line.dts, line.time_base = words, 0, 0, Fraction(1, 1_000)
            container.mux(line)
    return target.getvalue()


def _film(
    container: av.container.OutputContainer,
    codec: str,
    frames: NDArray[np.uint8],
    pixel_format: str,
) -> av.VideoStream:
    stream = container.add_stream(codec, rate=FRAME_RATE)
    assert isinstance(stream, av.VideoStream)
    stream.height, stream.width = frames.shape[1:3]
    stream.pix_fmt = pixel_format
    return stream
