"""Untrusted clips: one kind of file becomes pixels, and no other hurts who opened it."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gpu_consumers.screening import clip_decoding
from gpu_consumers.screening.clip_decoding import ClipLimits, Frames, UndecodedClip, decode_clip
from tests.gpu_consumers.screening.clips import matroska, portrait_clip

LIMITS = ClipLimits(file_bytes_max=4 * 1024 * 1024, side_max=704)
SCRIPT = Path(clip_decoding.__file__).with_name("clip_decoder_process.py")


def decoded(data: bytes, frames: int = 32, limits: ClipLimits = LIMITS) -> Frames:
    result = decode_clip(data, frames=frames, limits=limits)
    assert isinstance(result, np.ndarray), result
    return result


def flaw(data: bytes, frames: int = 32, limits: ClipLimits = LIMITS) -> str:
    result = decode_clip(data, frames=frames, limits=limits)
    assert isinstance(result, UndecodedClip)
    return result.flaw


def test_nothing_of_a_clip_is_lost() -> None:
    clip = portrait_clip(32, "turn", 512)
    assert np.array_equal(decoded(matroska(clip)), clip)


def test_a_clip_that_is_wider_than_high_keeps_its_rows_in_place() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (3, 34, 86, 3), np.uint8)
    assert np.array_equal(decoded(matroska(noise), 3), noise)


@pytest.mark.parametrize("frames", [1, 31, 33, 40])
def test_a_clip_has_as_many_frames_as_were_reported(frames: int) -> None:
    assert flaw(matroska(portrait_clip()), frames) == "unreadable"


def test_ten_thousand_frames_are_left_at_the_first_one_too_many() -> None:
    endless = np.zeros((10_000, 16, 16, 3), np.uint8)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert flaw(matroska(endless)) == "unreadable"
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after <= max(before, 256 * 1024)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_a_clip_that_was_cut_off_is_refused(share: float) -> None:
    whole = matroska(portrait_clip())
    assert flaw(whole[: int(len(whole) * share)]) in {"unreadable", "no-frames"}


def test_a_frame_of_sixty_four_megapixels_is_refused_at_the_header() -> None:
    bomb = matroska(np.zeros((1, 8_192, 8_192, 3), np.uint8))
    assert len(bomb) < 256 * 1024
    assert flaw(bomb, 1) == "too-many-pixels"


def test_more_pixels_than_a_screener_holds_are_refused_though_each_frame_is_small() -> None:
    noise = np.zeros((2, 64, 64, 3), np.uint8)
    assert flaw(matroska(noise), 10_000, ClipLimits(1 << 20, 16_384)) == "unreadable"
    assert flaw(matroska(portrait_clip(1, side=512)), 1_000) == "too-many-pixels"


def test_a_header_that_promises_a_gigapixel_costs_the_screener_nothing() -> None:
    small = matroska(portrait_clip(1, side=256))
    # The width and the height of the track, 256 in two bytes each.
    promising = small.replace(b"\xb0\x82\x01\x00", b"\xb0\x82\x7f\xfe")
    promising = promising.replace(b"\xba\x82\x01\x00", b"\xba\x82\x7f\xfe")
    assert promising.count(b"\x7f\xfe") >= 2
    assert flaw(promising, 1) == "too-many-pixels"
    # And where no limit of ours stops it, the limited process runs out of memory alone.
    assert flaw(promising, 1, ClipLimits(1 << 22, 2**15)) in {"unreadable", "too-many-pixels"}


def test_a_file_beyond_the_engines_size_is_not_opened() -> None:
    whole = matroska(portrait_clip())
    assert flaw(whole, limits=ClipLimits(len(whole) - 1, 704)) == "too-many-pixels"
    assert decoded(whole, limits=ClipLimits(len(whole), 704)).shape == (32, 64, 64, 3)


def test_a_side_beyond_the_engines_is_refused() -> None:
    assert flaw(matroska(portrait_clip()), limits=ClipLimits(1 << 22, 62)) == "too-many-pixels"


def test_an_odd_side_is_refused() -> None:
    assert flaw(matroska(np.zeros((3, 32, 33, 3), np.uint8)), 3) == "odd-size"


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [("libx264", "yuv420p"), ("ffv1", "yuv420p"), ("ffv1", "gbrp10le"), ("mpeg4", "yuv420p")],
)
def test_another_codec_or_another_kind_of_pixels_is_refused(codec: str, pixel_format: str) -> None:
    other = matroska(portrait_clip(), codec=codec, pixel_format=pixel_format)
    assert flaw(other) in {"other-codec", "unreadable"}


@pytest.mark.parametrize("beside", ["audio", "subtitles", "attachment", "video"])
def test_a_clip_with_anything_beside_its_frames_is_refused(beside: str) -> None:
    assert flaw(matroska(portrait_clip(), beside=[beside])) in {"other-streams", "unreadable"}


@pytest.mark.parametrize("container", ["nut", "avi"])
def test_another_container_is_refused(container: str) -> None:
    assert flaw(matroska(portrait_clip(), container_format=container)) == "unreadable"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Dear studio, this is a film of me.\n" * 50,
        b"ffconcat version 1.0\nfile '/etc/hostname'\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    ],
)
def test_a_list_of_other_files_or_no_film_at_all_is_unreadable(text: bytes) -> None:
    assert flaw(text) == "unreadable"


def test_hostile_bytes_never_raise() -> None:
    rng = np.random.default_rng(7)
    whole = matroska(portrait_clip())
    for _ in range(20):
        broken = bytearray(whole)
        # Half of them into the head, where the sizes of everything stand.
        for index in (*rng.integers(0, 700, 6), *rng.integers(0, len(whole), 6)):
            broken[index] = int(rng.integers(256))
        result = decode_clip(bytes(broken), frames=32, limits=LIMITS)
        assert isinstance(result, UndecodedClip) or result.shape[0] == 32


def test_a_decoder_that_does_not_answer_is_ended_and_the_clip_is_to_blame() -> None:
    result = decode_clip(matroska(portrait_clip()), frames=32, limits=LIMITS, limit_s=0.0)
    assert result == UndecodedClip("unreadable")


def test_who_decodes_can_open_neither_file_nor_address_and_write_nothing() -> None:
    tries = f"""
import runpy, socket
decoder = runpy.run_path({str(SCRIPT)!r}, run_name="decoder")
decoder["_limit"]()
for attempt in (lambda: open("/etc/hostname"), socket.socket):
    try:
        attempt()
    except OSError as refused:
        print(refused.errno)
import resource
print(resource.getrlimit(resource.RLIMIT_FSIZE)[0], resource.getrlimit(resource.RLIMIT_AS)[0])
"""
    told = subprocess.run([sys.executable, "-c", tries], capture_output=True, check=True, text=True)
    assert told.stdout.split() == ["24", "24", "0", str(1536 * 1024 * 1024)]
