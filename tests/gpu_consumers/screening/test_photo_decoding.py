"""Untrusted files: what becomes pixels, what becomes a flaw, and that nothing else comes along."""

import io
import os
import signal
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from domain.photo_set import PHOTO_PIXELS_MAX, PhotoFlaw
from gpu_consumers.screening.decoder_process import PIXELS_MAX
from gpu_consumers.screening.photo_decoding import (
    DecodedPhoto,
    PhotoDecoder,
    UndecodedPhoto,
    clean_png,
)
from tests.gpu_consumers.screening.ada import photos_of_ada, saved
from tests.gpu_consumers.screening.colour_profiles import (
    ADOBE_RGB,
    DISPLAY_P3,
    SRGB,
    SWAPPED,
    ColourSpace,
)

# Shapes in Display P3, a quarter turn to the left, with a place and a name: by pillow-heif 1.8.1.
HEIC = (Path(__file__).parent / "golden" / "shapes.heic").read_bytes()
SKIN_OF_A_CARTOON = (201, 152, 120)
ORIENTATION = 0x0112
GPS = 0x8825


@pytest.fixture(scope="module")
def decoder() -> Iterator[PhotoDecoder]:
    with PhotoDecoder() as decoder:
        yield decoder


def decoded(decoder: PhotoDecoder, data: bytes) -> DecodedPhoto:
    result = decoder.decode(data)
    assert isinstance(result, DecodedPhoto), result
    return result


def flaw(decoder: PhotoDecoder, data: bytes) -> PhotoFlaw:
    result = decoder.decode(data)
    assert isinstance(result, UndecodedPhoto)
    return PhotoFlaw(result.flaw)


def half_red(width: int = 400, height: int = 300) -> Image.Image:
    """Red on the left, blue on the right: one sees which way is up."""
    image = Image.new("RGB", (width, height), (20, 20, 220))
    image.paste((220, 20, 20), (0, 0, width // 2, height))
    return image


def unfolding_png(side: int) -> bytes:
    """A tiny PNG of side × side black pixels, one bit each."""
    row = b"\0" * (1 + side // 8 + 1)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack("!IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_allowed_format_becomes_pixels(decoder: PhotoDecoder, kind: str) -> None:
    photo = decoded(decoder, saved(half_red(), kind))
    assert photo.rgb.shape == (300, 400, 3)
    assert photo.rgb[150, 50, 0] > 180
    assert photo.rgb[150, 350, 2] > 180


def test_a_text_file_named_jpg_is_unreadable(decoder: PhotoDecoder) -> None:
    assert flaw(decoder, b"Dear studio, this is a photo of me.\n" * 50) == PhotoFlaw.UNREADABLE


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP"])
def test_a_format_that_is_not_allowed_is_unreadable(decoder: PhotoDecoder, kind: str) -> None:
    assert flaw(decoder, saved(half_red(), kind)) == PhotoFlaw.UNREADABLE


def test_ten_kilobytes_that_unfold_to_81_megapixels_are_refused_at_the_header(
    decoder: PhotoDecoder,
) -> None:
    bomb = unfolding_png(9_000)
    assert len(bomb) < 16_000
    assert flaw(decoder, bomb) == PhotoFlaw.TOO_MANY_PIXELS


def test_the_decoder_and_the_domain_mean_the_same_limit() -> None:
    assert PIXELS_MAX == PHOTO_PIXELS_MAX


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_that_was_cut_off_is_truncated(decoder: PhotoDecoder, kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    whole = saved(Image.fromarray(noise), kind)
    assert flaw(decoder, whole[: len(whole) // 2]) == PhotoFlaw.TRUNCATED


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animated_image_is_refused(decoder: PhotoDecoder, kind: str) -> None:
    frames = [half_red(), half_red().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    moving = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert flaw(decoder, moving) == PhotoFlaw.ANIMATED


def test_cmyk_becomes_rgb(decoder: PhotoDecoder) -> None:
    photo = decoded(decoder, saved(half_red().convert("CMYK"), "JPEG"))
    assert photo.rgb.shape == (300, 400, 3)
    assert photo.rgb[150, 50, 0] > 150
    assert photo.rgb[150, 50, 2] < 90


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("space", [SRGB, DISPLAY_P3, ADOBE_RGB, SWAPPED])
@pytest.mark.parametrize("colour", [SKIN_OF_A_CARTOON, (220, 20, 20), (128, 128, 128)])
def test_a_colour_profile_is_read_and_ends_as_srgb(
    decoder: PhotoDecoder, kind: str, space: ColourSpace, colour: tuple[int, int, int]
) -> None:
    written = Image.new("RGB", (300, 300), space.holding(colour))
    photo = decoded(
        decoder, saved(written, kind, icc_profile=space.profile(), quality=100, subsampling=0)
    )
    assert np.abs(photo.rgb.astype(int) - colour).max() <= 4


def test_a_transparent_and_a_palette_photo_have_their_profile_read(decoder: PhotoDecoder) -> None:
    written = Image.new("RGB", (300, 300), SWAPPED.holding(SKIN_OF_A_CARTOON))
    layered = written.convert("RGBA")
    layered.putalpha(255)
    for image in (layered, written.quantize(4)):
        rgb = decoded(decoder, saved(image, "PNG", icc_profile=SWAPPED.profile())).rgb
        assert np.abs(rgb.astype(int) - SKIN_OF_A_CARTOON).max() <= 4


def test_a_profile_that_nobody_can_read_says_nothing(decoder: PhotoDecoder) -> None:
    plain = decoded(decoder, saved(half_red(), "PNG")).rgb
    whole = SWAPPED.profile()
    for broken in (b"shape", whole[:200], whole[:128] + bytes(len(whole) - 128)):
        photo = decoded(decoder, saved(half_red(), "PNG", icc_profile=broken))
        assert np.array_equal(photo.rgb, plain)
    inks = saved(half_red().convert("CMYK"), "JPEG", icc_profile=whole)
    assert decoded(decoder, inks).rgb[150, 50, 0] > 150


def test_a_phone_s_heic_stands_upright_in_srgb_and_is_nothing_but_pixels(
    decoder: PhotoDecoder,
) -> None:
    photo = decoded(decoder, HEIC)
    assert photo.rgb.shape == (300, 400, 3)
    expected = {(20, 200): (240, 240, 240), (200, 50): (220, 20, 20), (200, 350): (20, 20, 220)}
    for (row, column), colour in expected.items():
        assert np.abs(photo.rgb[row, column].astype(int) - colour).max() <= 4
    assert b"Ada" in HEIC
    assert b"Ada" not in clean_png(photo.rgb)


def test_a_heic_that_was_cut_off_or_bent_is_a_flaw(decoder: PhotoDecoder) -> None:
    dice = np.random.default_rng(7)
    for kept in (20, 200, len(HEIC) // 2, len(HEIC) - 1):
        flaw(decoder, HEIC[:kept])
    for _ in range(100):
        bent = bytearray(HEIC)
        for place in dice.integers(0, len(bent), 4):
            bent[place] = dice.integers(0, 256)
        decoder.decode(bytes(bent))
    decoded(decoder, HEIC)


def test_sixteen_bits_of_grey_are_a_colour_nobody_trains_on(decoder: PhotoDecoder) -> None:
    deep = Image.fromarray(np.full((300, 300), 40_000, np.uint16))
    assert flaw(decoder, saved(deep, "PNG")) == PhotoFlaw.UNSUPPORTED_COLOUR


def test_what_is_transparent_becomes_white(decoder: PhotoDecoder) -> None:
    layered = half_red().convert("RGBA")
    layered.putalpha(0)
    assert decoded(decoder, saved(layered, "PNG")).rgb.min() == 255


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_taken_in_any_orientation_stands_upright(
    decoder: PhotoDecoder, orientation: int
) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = half_red()
    upright.paste((240, 240, 240), (0, 0, 400, 60))
    held = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = decoded(decoder, saved(held, "JPEG", exif=exif.tobytes(), quality=95))
    assert (photo.original_width, photo.original_height) == (400, 300)
    assert photo.rgb.shape == (300, 400, 3)
    assert photo.rgb[20, 200].min() > 200
    assert photo.rgb[200, 50, 0] > 180


def test_nothing_but_pixels_survives(decoder: PhotoDecoder) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Ada at home"
    gps = exif.get_ifd(GPS)
    gps[1], gps[2] = "N", (IFDRational(52), IFDRational(31), IFDRational(0))
    secret = saved(half_red(), "JPEG", exif=exif.tobytes(), comment=b"Ada at home")
    assert Image.open(io.BytesIO(secret)).getexif().get_ifd(GPS)
    clean = clean_png(decoded(decoder, secret).rgb)
    reread = Image.open(io.BytesIO(clean))
    reread.load()
    assert dict(reread.getexif()) == {}
    assert reread.info == {}
    assert b"Ada" not in clean


def test_a_large_photo_is_shrunk_and_remembers_its_size(decoder: PhotoDecoder) -> None:
    photo = decoded(decoder, saved(half_red(4_000, 3_000), "JPEG"))
    assert photo.rgb.shape == (1_152, 1_536, 3)
    assert (photo.original_width, photo.original_height) == (4_000, 3_000)


def test_a_decoder_that_dies_is_replaced(decoder: PhotoDecoder) -> None:
    photo = photos_of_ada()[0]
    decoded(decoder, photo)
    assert decoder._process is not None
    os.kill(decoder._process.pid, signal.SIGKILL)
    decoder._process.wait()
    decoded(decoder, photo)


def test_a_decoder_that_does_not_answer_is_ended_and_the_photo_is_to_blame() -> None:
    with PhotoDecoder(decode_limit_s=0.3) as decoder:
        process = decoder._running()
        os.kill(process.pid, signal.SIGSTOP)
        assert flaw(decoder, photos_of_ada()[0]) == PhotoFlaw.UNREADABLE
        assert process.poll() is not None


def test_the_decoder_sees_nothing_of_our_environment(decoder: PhotoDecoder) -> None:
    decoded(decoder, photos_of_ada()[0])
    assert decoder._process is not None
    with open(f"/proc/{decoder._process.pid}/environ", "rb") as environ:
        assert environ.read() == b""
    with open(f"/proc/{decoder._process.pid}/limits") as limits:
        kept = {line[:18].strip(): line[26:46].strip() for line in limits}
    assert int(kept["Max address space"]) <= 2 * 1024**3
    assert kept["Max file size"] == "0"


def test_hostile_bytes_never_raise(decoder: PhotoDecoder) -> None:
    rng = np.random.default_rng(7)
    whole = saved(half_red(), "JPEG")
    for _ in range(60):
        broken = bytearray(whole)
        for index in rng.integers(0, len(whole), 20):
            broken[index] = int(rng.integers(256))
        result = decoder.decode(bytes(broken))
        assert isinstance(result, DecodedPhoto | UndecodedPhoto)
