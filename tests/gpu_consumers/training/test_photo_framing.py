"""Which part of a photo is learnt at which size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from gpu_consumers.training.photo_framing import CLOSE_UP_WORDS, Box, close_up, framed
from gpu_consumers.training.photo_set import fit

SIZES = [(64, 64), (48, 72), (72, 48)]
GREEN = (0, 255, 0)


class GreenFinder:
    """Takes what is green for a face."""

    def faces(self, picture: NDArray[np.uint8]) -> Sequence[Box]:
        rows, columns = np.nonzero((picture == GREEN).all(2))
        if not len(rows):
            return []
        height, width = picture.shape[:2]
        return [
            (
                columns.min() / width,
                rows.min() / height,
                (columns.max() + 1) / width,
                (rows.max() + 1) / height,
            )
        ]


def photo(width: int, height: int, face: tuple[int, int, int, int] | None) -> NDArray[np.uint8]:
    """Grey, with a green square at x0, y0, x1, y1."""
    picture = np.full((height, width, 3), 90, np.uint8)
    if face is not None:
        picture[face[1] : face[3], face[0] : face[2]] = GREEN
    return picture


def green_share(picture: NDArray[np.uint8]) -> float:
    return float(((picture[..., 1] > 200) & (picture[..., 0] < 60)).mean())


def test_photos_go_to_the_bucket_of_their_shape() -> None:
    photos = [photo(50, 50, None), photo(50, 80, None), photo(80, 50, None)]
    found = framed(photos, SIZES, None)
    assert [(each.of, each.size) for each in found] == [(0, (64, 64)), (1, (48, 72)), (2, (72, 48))]
    assert [each.picture.shape for each in found] == [(64, 64, 3), (72, 48, 3), (48, 72, 3)]


def test_without_a_finder_or_a_face_the_middle_is_cut_out() -> None:
    faceless = photo(200, 90, None)
    faceless[:, :20] = 0
    for finder in (None, GreenFinder()):
        (whole,) = framed([faceless], [(64, 64)], finder)
        np.testing.assert_array_equal(whole.picture, fit(faceless, (64, 64)))


@pytest.mark.parametrize("left", [0, 60, 150])
def test_a_face_at_the_edge_of_a_wide_photo_is_not_cut_off(left: int) -> None:
    wide = photo(200, 80, (left, 20, left + 40, 60))
    (whole,) = [each for each in framed([wide], [(64, 64)], GreenFinder()) if not each.words]
    # 40 × 40 of the 80 × 80 that are left.
    assert 0.22 < green_share(whole.picture) < 0.28


def test_a_face_in_a_large_photo_is_shown_closer_a_second_time() -> None:
    large = photo(400, 400, (40, 60, 120, 140))
    whole, near = framed([large], SIZES, GreenFinder())
    assert (whole.words, near.words) == ((), (CLOSE_UP_WORDS,))
    assert (near.of, near.size, near.picture.shape) == (0, (64, 64), (64, 64, 3))
    assert green_share(near.picture) > 3 * green_share(whole.picture)


def test_closer_looks_come_after_all_photos() -> None:
    photos = [photo(400, 400, (40, 60, 120, 140)), photo(400, 400, (200, 200, 280, 280))]
    found = framed(photos, SIZES, GreenFinder())
    assert [(each.of, bool(each.words)) for each in found] == [
        (0, False),
        (1, False),
        (0, True),
        (1, True),
    ]


@pytest.mark.parametrize(
    ("size", "face"),
    [
        ((70, 70), (20, 20, 40, 40)),  # It would have to be enlarged.
        ((400, 400), (60, 60, 320, 320)),  # The face is nearly the whole photo.
    ],
)
def test_what_would_be_enlarged_or_shows_nothing_new_is_left_out(
    size: tuple[int, int], face: tuple[int, int, int, int]
) -> None:
    picture = photo(*size, face)
    (box,) = GreenFinder().faces(picture)
    assert close_up(picture, box, (64, 64)) is None
    assert len(framed([picture], [(64, 64)], GreenFinder())) == 1


@pytest.mark.parametrize("corner", [(0, 0), (320, 0), (0, 320), (320, 320)])
def test_a_face_in_a_corner_is_shown_closer_within_the_photo(corner: tuple[int, int]) -> None:
    x, y = corner
    picture = photo(400, 400, (x, y, x + 80, y + 80))
    (box,) = GreenFinder().faces(picture)
    near = close_up(picture, box, (64, 64))
    assert near is not None
    # All of it, and nothing beside the photo.
    assert abs(green_share(near) - (80 / 192) ** 2) < 0.02
