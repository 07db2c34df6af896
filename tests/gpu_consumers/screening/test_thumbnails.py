"""What a tile shows of an output: small enough, alike, and a blur before it is there."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.thumbhash import BYTES_MAX, SIDE_MAX, placeholder, thumbhash
from gpu_consumers.screening.thumbnails import SIDES_MAX, SIZE_BYTES_MAX, thumbnail
from topics.messages.work import ThumbnailRole


def shape(name: str, width: int, height: int) -> Rgb:
    """An abstract picture by whole numbers alone, so that every language draws the same."""
    y, x = np.mgrid[0:height, 0:width]
    match name:
        case "weave":
            colours: tuple[Any, ...] = (
                (x * 7 + y * 13) % 256,
                (x * 11 + y * 5) % 256,
                (x * 3 + y * 17) % 256,
            )
        case "hill":
            colours = (
                (x * x + 3 * y) // 40 % 256,
                (y * y + 5 * x) // 50 % 256,
                (x * y + 7 * x) // 60 % 256,
            )
        case _:
            inside = (3 * x - width) ** 2 + (2 * y - height) ** 2 < min(width, height) ** 2 // 2
            colours = tuple(np.where(inside, a, b) for a, b in ((230, 20), (60, 40), (40, 90)))
    return np.stack(colours, axis=2).astype(np.uint8)


def noise(side: int) -> Rgb:
    return np.random.default_rng(7).integers(0, 256, (side, side, 3), dtype=np.uint8)


KNOWN = [
    ("weave", 100, 100, "H/gBBwBJdZZ2hUeWVEc4OgVKRn+pZj8G"),
    ("weave", 33, 20, "HhgGNIo3onc4oVgAq7NZdm+/dQ=="),
    ("weave", 20, 77, "IPgFCgJWZodEBZZmE3vvX0Q="),
    ("hill", 100, 56, "y3gOJJiQh4eFiIiIiIewaQiZeA=="),
    ("hill", 75, 100, "zdgJFRSBh4CImIh4iIh4iLcwLPlo"),
    ("hill", 64, 64, "RwgGDwqQh4eBiIiJiHiIiIiHGD7QoH4G"),
    ("hill", 100, 9, "CJkKMZiQh4eHiIh4oHgIiXc="),
    ("disc", 90, 64, "DxcGJYg8UJp3iHhSuoh4dx938HEH"),
    ("disc", 64, 90, "DxcGLQw8YneICKSLeImHmDx3wHMH"),
    ("disc", 100, 100, "UDcGLwwuYGh3iIhAqoh4aIeI6HIHLncA"),
]
"""What the reference implementation, thumbhash 0.1.1 by Evan Wallace, makes of the same pixels."""


@pytest.mark.parametrize(("name", "width", "height", "known"), KNOWN)
def test_a_blur_is_the_one_that_the_format_says(
    name: str, width: int, height: int, known: str
) -> None:
    assert base64.b64encode(thumbhash(shape(name, width, height))).decode() == known


def test_a_picture_of_one_colour_is_a_blur_of_that_colour_and_no_more() -> None:
    plain = thumbhash(np.full((20, 20, 3), (90, 120, 200), np.uint8))
    # The mean colour as the reference implementation writes it; waves of no height.
    assert plain[:5] == base64.b64decode("IsUBBwBpah14")[:5]
    assert set(plain[5:]) == {0}


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 100), (512, 288), (4_096, 4_096)])
def test_a_blur_fits_into_25_bytes_whatever_the_picture_is(width: int, height: int) -> None:
    blurred = base64.b64decode(placeholder(shape("hill", width, height)), validate=True)
    assert 5 < len(blurred) <= BYTES_MAX


def test_more_pixels_than_the_format_takes_are_refused() -> None:
    with pytest.raises(ValueError, match="pixels a side"):
        thumbhash(shape("hill", SIDE_MAX + 1, 8))


@pytest.mark.parametrize("role", ThumbnailRole)
@pytest.mark.parametrize(("width", "height"), [(768, 512), (512, 768), (640, 640), (4_096, 64)])
def test_a_thumbnail_keeps_the_shape_and_fits_its_tile(
    role: ThumbnailRole, width: int, height: int
) -> None:
    made = thumbnail(shape("disc", width, height), role)
    with Image.open(io.BytesIO(made.data)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (made.width, made.height))
    assert max(made.width, made.height) == SIDES_MAX[role]
    # Alike but for the half pixel that is rounded.
    assert abs(made.width * height - made.height * width) <= max(width, height)
    assert (made.media_type, made.duration_ms) == ("image/webp", None)
    assert len(made.data) <= SIZE_BYTES_MAX


def test_what_is_smaller_than_its_tile_stays_as_it_is() -> None:
    made = thumbnail(shape("hill", 100, 60), ThumbnailRole.LARGE)
    assert (made.width, made.height) == (100, 60)


@pytest.mark.parametrize("role", ThumbnailRole)
def test_even_noise_makes_a_thumbnail_that_a_page_can_afford(role: ThumbnailRole) -> None:
    assert len(thumbnail(noise(1_024), role).data) <= SIZE_BYTES_MAX


def test_the_same_pixels_make_the_same_bytes() -> None:
    picture = shape("hill", 640, 480)
    once, again = (thumbnail(picture, ThumbnailRole.SMALL) for _ in range(2))
    assert once == again


def test_a_thumbnail_says_nothing_but_its_pixels() -> None:
    made = thumbnail(shape("hill", 640, 480), ThumbnailRole.SMALL).data
    with Image.open(io.BytesIO(made)) as picture:
        assert {"exif", "icc_profile", "xmp"}.isdisjoint(picture.info)
    assert b"c2pa" not in made
