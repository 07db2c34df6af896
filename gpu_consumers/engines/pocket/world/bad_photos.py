"""What a photo set must not contain, one function a fault; each returns JPEG bytes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.frame import SQUARE, Frame
from gpu_consumers.engines.pocket.world.group import render_group
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.photo_set import (
    PHOTO_FRAME,
    PHOTO_SIDE_PX,
    PhotoSet,
    described_photo_set,
    to_jpeg,
)
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.strange_pictures import abstract_shapes, photo_like_head

_STRANGER_SEED_OFFSET = 7_919
_TINY_SIDE_PX = 32
# Two heads fit beside each other in a square at this scale without touching.
_PAIR_HEAD_SCALE = 0.62


def another_person(seed: int) -> bytes:
    """A good photo of somebody who is not the person of `photo_set(seed)`."""
    return described_photo_set(seed + _STRANGER_SEED_OFFSET, 1).photos[0].jpeg


def two_faces(seed: int) -> bytes:
    """The person of `photo_set(seed)` beside somebody else."""
    rng = np.random.default_rng([seed, 2])
    people = [
        (described_photo_set(seed, 1).identity, random_scene(rng)),
        (random_identity(rng), random_scene(rng)),
    ]
    frame = Frame(PHOTO_SIDE_PX, PHOTO_SIDE_PX, _PAIR_HEAD_SCALE, 0.52)
    picture, _ = render_group(people, frame)
    return to_jpeg(picture)


def no_face(seed: int) -> bytes:
    """Abstract shapes in cartoon colours."""
    rng = np.random.default_rng([seed, 3])
    return to_jpeg(abstract_shapes(rng, PHOTO_SIDE_PX, PHOTO_SIDE_PX))


def like_a_photograph(seed: int) -> bytes:
    """A shaded head without outlines: a stand-in for a photograph of a real person."""
    rng = np.random.default_rng([seed, 4])
    return to_jpeg(photo_like_head(rng, PHOTO_SIDE_PX, PHOTO_SIDE_PX))


def blurred(seed: int) -> bytes:
    blurry = cv2.GaussianBlur(_portrait(seed), (0, 0), PHOTO_SIDE_PX / 36)
    return to_jpeg(np.asarray(blurry, np.uint8))


def dark(seed: int) -> bytes:
    return to_jpeg((_portrait(seed) * 0.08).astype(np.uint8))


def tiny(seed: int) -> bytes:
    """A photo of _TINY_SIDE_PX pixels a side."""
    photos = described_photo_set(seed, 1)
    frame = replace(SQUARE, width=_TINY_SIDE_PX, height=_TINY_SIDE_PX)
    return to_jpeg(render(photos.identity, photos.photos[0].scene, frame=frame))


def near_duplicate(photos: PhotoSet, index: int = 0) -> bytes:
    """A photo of the set again, moved by a hair and coded differently."""
    scene = photos.photos[index].scene
    moved = replace(scene, shift_x=scene.shift_x + 0.15, shift_y=scene.shift_y - 0.1)
    return to_jpeg(render(photos.identity, moved, frame=PHOTO_FRAME), quality=80)


def _portrait(seed: int) -> NDArray[np.uint8]:
    photos = described_photo_set(seed, 1)
    return render(photos.identity, photos.photos[0].scene, frame=PHOTO_FRAME)
