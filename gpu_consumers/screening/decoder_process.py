"""The limited process that opens untrusted pictures. Run as a script, never imported by ours.

It sets its own limits before it reads a byte. Then, until its input ends: 4 bytes of length and a
file in; 4 bytes of length, a JSON header and the header's `width × height × 3` bytes of RGB out.
"""

import io
import json
import resource
import struct
import sys
from typing import BinaryIO

import pi_heif
from PIL import Image, ImageCms, UnidentifiedImageError

PIXELS_MAX = 50_000_000
CPU_PER_PICTURE_S = 10
CPU_TOTAL_S = 240
MEMORY_BYTES_MAX = 1536 * 1024 * 1024
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
_COLOURS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
_ORIENTATION = 0x0112
_SRGB = ImageCms.createProfile("sRGB")
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Flawed(Exception):
    """The picture cannot be used; the argument is the flaw's name."""


def main() -> None:
    """Serve until the input ends. `argv[1]` is the longest side of an answer in pixels."""
    side_max = int(sys.argv[1])
    _limit()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while length := source.read(4):
        header, pixels = _answer(source.read(struct.unpack("!I", length)[0]), side_max)
        encoded = json.dumps(header).encode()
        target.write(struct.pack("!I", len(encoded)) + encoded + pixels)
        target.flush()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    Image.MAX_IMAGE_PIXELS = None  # Ours is lower, and refuses where Pillow's only warns.
    Image.init()
    # Threads of its own are more processes than it may have.
    pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)


def _answer(data: bytes, side_max: int) -> tuple[dict[str, object], bytes]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent_s = int(used.ru_utime + used.ru_stime)
    soft_s = min(CPU_TOTAL_S, spent_s + CPU_PER_PICTURE_S)
    resource.setrlimit(resource.RLIMIT_CPU, (soft_s, CPU_TOTAL_S))
    try:
        picture, original = _decode(io.BytesIO(data), data, side_max)
    except Flawed as flawed:
        return {"flaw": flawed.args[0]}, b""
    except MemoryError:
        return {"flaw": "too-many-pixels"}, b""
    except Exception:
        # Whatever a decoder trips over is the picture's flaw and nobody else's.
        return {"flaw": "unreadable"}, b""
    header: dict[str, object] = {
        "flaw": None,
        "width": picture.width,
        "height": picture.height,
        "original_width": original[0],
        "original_height": original[1],
    }
    return header, picture.tobytes()


def _decode(file: BinaryIO, data: bytes, side_max: int) -> tuple[Image.Image, tuple[int, int]]:
    """Upright RGB without anything but pixels, at most `side_max` long, and the upright size."""
    if data[:4] == b"RIFF" and len(data) < int.from_bytes(data[4:8], "little") + 8:
        raise Flawed("truncated")
    try:
        picture: Image.Image = Image.open(file, formats=_FORMATS)
    except UnidentifiedImageError:
        raise Flawed("unreadable") from None
    width, height = picture.size
    if width * height > PIXELS_MAX:
        raise Flawed("too-many-pixels")
    # A phone's JPEG may carry further pictures of the same moment: its first is the photo.
    if picture.format in ("PNG", "WEBP") and getattr(picture, "n_frames", 1) > 1:
        raise Flawed("animated")
    if picture.mode not in _COLOURS:
        raise Flawed("unsupported-colour")
    orientation = _orientation(picture)
    try:
        picture.load()
    except OSError as failed:
        raise Flawed("truncated" if "truncated" in str(failed) else "unreadable") from None
    profile = _profile(picture)
    picture = _opaque(picture)
    picture.thumbnail((side_max, side_max), Image.Resampling.LANCZOS, reducing_gap=3.0)
    picture = _srgb(picture, profile)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    upright = (height, width) if orientation in (5, 6, 7, 8) else (width, height)
    return picture, upright


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:
        # Broken EXIF says nothing about which way is up; the pixels may still be good.
        return 1
    return value if isinstance(value, int) else 1


def _profile(picture: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """What the file says that its numbers mean; None for sRGB, as everybody reads it then."""
    data = picture.info.get("icc_profile")
    if not data:
        return None
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(data))
    except Exception:
        # Whoever shows the photo elsewhere ignores such a profile, too.
        return None


def _opaque(picture: Image.Image) -> Image.Image:
    """The same numbers without transparency, in a mode that can be made smaller."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture if picture.mode in ("L", "CMYK") else picture.convert("RGB")
    layered = picture.convert("RGBA")
    white = Image.new("RGB", layered.size, (255, 255, 255))
    white.paste(layered, mask=layered.getchannel("A"))
    return white


def _srgb(picture: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> Image.Image:
    """RGB that shows in sRGB what `picture`'s numbers mean by `profile`."""
    mode = None if profile is None else _MODES.get(profile.profile.xcolor_space.strip())
    # Inks and lights do not stand for each other: such a profile belongs to another picture.
    if profile is None or mode is None or (mode == "CMYK") != (picture.mode == "CMYK"):
        return picture.convert("RGB")
    try:
        shown = ImageCms.profileToProfile(
            picture.convert(mode), profile, _SRGB, _INTENT, "RGB", flags=_FLAGS
        )
    except ImageCms.PyCMSError:
        return picture.convert("RGB")
    return picture.convert("RGB") if shown is None else shown


if __name__ == "__main__":
    main()
