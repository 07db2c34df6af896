"""What comes out of a clip's file is what went in."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest

from gpu_consumers.videos.lossless_clip import LosslessClip


@pytest.mark.parametrize(("width", "height"), [(64, 48), (63, 49)], ids=["even", "odd"])
def test_every_pixel_of_every_frame_is_kept(width: int, height: int) -> None:
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 256, (9, height, width, 3), dtype=np.uint8)
    clip = LosslessClip(width, height, 8)
    for frame in frames:
        clip.add(frame)
    with av.open(io.BytesIO(clip.finished()), "r") as container:
        [stream] = container.streams.video
        assert len(container.streams) == 1
        assert container.format.name == "matroska,webm"
        assert stream.codec_context.name == "ffv1"
        assert stream.codec_context.pix_fmt == "bgr0"
        assert (stream.codec_context.width, stream.codec_context.height) == (width, height)
        assert stream.average_rate == 8
        read = list(container.decode(video=0))
    assert [frame.time for frame in read] == [number / 8 for number in range(9)]
    assert (np.stack([frame.to_ndarray(format="rgb24") for frame in read]) == frames).all()


def test_the_same_frames_are_the_same_bytes() -> None:
    frame = np.full((16, 16, 3), 7, np.uint8)
    files = []
    for _ in range(2):
        clip = LosslessClip(16, 16, 8)
        clip.add(frame)
        files.append(clip.finished())
    assert files[0] == files[1]
