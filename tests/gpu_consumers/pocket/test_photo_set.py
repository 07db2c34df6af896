"""What a photo set holds, and what the deliberately bad photos are."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_consumers.engines.pocket.world import bad_photos
from gpu_consumers.engines.pocket.world.photo_set import (
    PHOTO_SIDE_PX,
    PhotoCountOutOfRange,
    described_photo_set,
    from_jpeg,
    photo_set,
)

SEED = 12


def test_a_photo_set_is_jpegs_of_512_pixels_and_the_same_every_time() -> None:
    photos = photo_set(SEED, 4)
    assert photos == photo_set(SEED, 4)
    assert all(jpeg.startswith(b"\xff\xd8\xff") for jpeg in photos)
    assert from_jpeg(photos[0]).shape == (PHOTO_SIDE_PX, PHOTO_SIDE_PX, 3)


def test_another_seed_is_another_person() -> None:
    assert described_photo_set(1, 1).identity != described_photo_set(2, 1).identity


def test_twenty_photos_have_twenty_different_scenes() -> None:
    scenes = [photo.scene for photo in described_photo_set(SEED, 20).photos]
    assert len({(scene.view, scene.expression, scene.background) for scene in scenes}) == 20
    assert {scene.view for scene in scenes} == {"front", "left", "right"}
    assert {scene.expression for scene in scenes} == {"smile", "frown", "open"}


@pytest.mark.parametrize("count", [0, 21])
def test_a_set_of_too_few_or_too_many_photos_is_refused(count: int) -> None:
    with pytest.raises(PhotoCountOutOfRange):
        photo_set(SEED, count)


def test_bad_photos_are_bad() -> None:
    good = from_jpeg(photo_set(SEED, 1)[0]).astype(float)
    assert from_jpeg(bad_photos.dark(SEED)).mean() < 0.2 * good.mean()
    sharpness = [
        float(np.abs(np.diff(picture.astype(float), axis=1)).mean())
        for picture in (from_jpeg(bad_photos.blurred(SEED)), good)
    ]
    assert sharpness[0] < 0.7 * sharpness[1]
    assert from_jpeg(bad_photos.tiny(SEED)).shape[0] < 64
    photos = described_photo_set(SEED, 2)
    duplicate = from_jpeg(bad_photos.near_duplicate(photos)).astype(float)
    original = from_jpeg(photos.photos[0].jpeg)
    assert duplicate.shape == original.shape
    assert np.abs(duplicate - original).mean() < 12
    assert bad_photos.another_person(SEED) != photos.photos[0].jpeg
