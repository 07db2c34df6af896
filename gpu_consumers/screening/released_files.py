"""The files that may be released, made from judged pixels and from nothing else.

Those of clips are made of uint8 RGB (frames, height, width, 3) with even sides and whole frames a
second. The same frames give the same bytes, so that a screening repeated after a crash recognises
its own work.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import av
import numpy as np
from av import Packet, VideoStream
from av.bitstream import BitStreamFilterContext
from av.stream import Stream
from PIL import Image

from gpu_consumers.screening.clip_decoding import Frames
from gpu_consumers.screening.photo_decoding import clean_png
from gpu_consumers.screening.picture_measures import Rgb

MP4: Final = "video/mp4"
WEBP: Final = "image/webp"
GIF: Final = "image/gif"
PNG: Final = "image/png"

PREVIEW_SIDE_MAX: Final = 720
GIF_SIDE_MAX: Final = 480
"""Longest sides of what moves without being a film: both formats are large for what they show."""

GIF_COLOURS: Final = 256
_PALETTE_FRAMES_MAX: Final = 8
_X264: Final = {"preset": "medium", "crf": "18", "threads": "1", "bf": "0"}
_BT709: Final = 1
_TV_RANGE: Final = 1
_INDEX_BYTES: Final = 2_048
_INDEX_BYTES_A_FRAME: Final = 32
"""Room for the film's index before its frames. Of 40 frames it takes a kilobyte."""


@dataclass(frozen=True)
class EncodedFile:
    """One file without credentials. Sizes in pixels; `duration_ms` is None for a still."""

    data: bytes
    media_type: str
    width: int
    height: int
    duration_ms: int | None = None


def duration_ms(frames: int, frame_rate: int) -> int:
    """How long so many frames are shown, in whole milliseconds."""
    return round(frames * 1_000 / frame_rate)


def mp4(frames: Frames, frame_rate: int) -> EncodedFile:
    """H.264, yuv420p, the index first, a keyframe every second. Raises what FFmpeg raises."""
    count, height, width = frames.shape[:3]
    return mp4_of(frames, count=count, width=width, height=height, frame_rate=frame_rate)


def mp4_of(
    frames: Iterable[Rgb], *, count: int, width: int, height: int, frame_rate: int
) -> EncodedFile:
    """As `mp4`, of `count` frames that come one after another, with even sides."""
    target = io.BytesIO()
    # The index gets its place in front: moving it there afterwards needs a file on disk, which a
    # screener that is killed would leave behind.
    room = {"moov_size": str(_INDEX_BYTES + _INDEX_BYTES_A_FRAME * count), "fflags": "+bitexact"}
    with av.open(target, "w", format="mp4", options=room) as container:
        stream = container.add_stream(
            "libx264", rate=frame_rate, options={**_X264, "g": str(frame_rate)}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _TV_RANGE
        for number, rgb in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            picture.pts = number
            container.mux(_nameless(stream, stream.encode(picture)))
        container.mux(_nameless(stream, stream.encode(None)))
    return EncodedFile(target.getvalue(), MP4, width, height, duration_ms(count, frame_rate))


def _nameless(
    stream: VideoStream, packets: "Iterable[Packet[VideoStream]]"
) -> "list[Packet[Stream]]":
    """Without the note in which the encoder says its name, its version and all its settings."""
    return [
        bare
        for packet in packets
        for bare in BitStreamFilterContext("filter_units=remove_types=6", stream).filter(packet)
    ]


def animated_webp(frames: Frames, frame_rate: int) -> EncodedFile:
    """The clip as a picture that moves, again and again, at most PREVIEW_SIDE_MAX a side."""
    first, *others = _fitted(frames, PREVIEW_SIDE_MAX)
    target = io.BytesIO()
    first.save(
        target,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=_shown(len(frames), frame_rate, unit_ms=1),
        loop=0,
        quality=80,
        method=4,
    )
    shown_ms = duration_ms(len(frames), frame_rate)
    return EncodedFile(target.getvalue(), WEBP, first.width, first.height, shown_ms)


def animated_gif(frames: Frames, frame_rate: int) -> EncodedFile:
    """The clip as a GIF of one palette, at most GIF_SIDE_MAX a side.

    One palette for all: with one a frame, colours that stand still would flicker.
    """
    pictures = _fitted(frames, GIF_SIDE_MAX)
    palette = _palette(pictures)
    first, *others = (
        picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures
    )
    target = io.BytesIO()
    first.save(
        target,
        "GIF",
        save_all=True,
        append_images=others,
        duration=_shown(len(frames), frame_rate, unit_ms=10),
        loop=0,
        optimize=False,
    )
    shown_ms = duration_ms(len(frames), frame_rate)
    return EncodedFile(target.getvalue(), GIF, first.width, first.height, shown_ms)


def poster(frames: Frames) -> EncodedFile:
    """The first frame as a PNG: what a player shows until it plays."""
    return still(frames[0])


def still(rgb: Rgb) -> EncodedFile:
    """A PNG of these pixels, uint8 RGB (height, width, 3), that says nothing else."""
    return EncodedFile(clean_png(rgb), PNG, rgb.shape[1], rgb.shape[0])


def _fitted(frames: Frames, side_max: int) -> list[Image.Image]:
    pictures = [Image.fromarray(rgb) for rgb in frames]
    for picture in pictures:
        # Shrinks only, and keeps the ratio.
        picture.thumbnail((side_max, side_max), Image.Resampling.LANCZOS)
    return pictures


def _palette(pictures: list[Image.Image]) -> Image.Image:
    """Colours of frames from all over the clip."""
    chosen = np.linspace(0, len(pictures) - 1, min(_PALETTE_FRAMES_MAX, len(pictures)))
    sheet = np.concatenate([np.asarray(pictures[int(index)]) for index in chosen])
    return Image.fromarray(sheet).quantize(GIF_COLOURS, method=Image.Quantize.MEDIANCUT)


def _shown(frames: int, frame_rate: int, *, unit_ms: int) -> list[int]:
    """How long each frame is shown, in milliseconds: whole units, and the sum as it should be."""
    ends = [round(number * 1_000 / frame_rate / unit_ms) * unit_ms for number in range(frames + 1)]
    return [end - begin for begin, end in pairwise(ends)]
