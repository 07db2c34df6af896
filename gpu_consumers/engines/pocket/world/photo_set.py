"""Who can be photographed: a set of JPEG pictures of one adult, in scenes that all differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.world.frame import SQUARE, Frame
from gpu_consumers.engines.pocket.world.identity import Identity, random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import (
    BACKGROUNDS,
    EXPRESSIONS,
    TOPS,
    VIEWS,
    Scene,
)

PHOTO_SIDE_PX: Final = 512
PHOTO_FRAME: Final[Frame] = SQUARE.scaled(PHOTO_SIDE_PX // SQUARE.width)
PHOTOS_MIN: Final = 1
PHOTOS_MAX: Final = 20
JPEG_QUALITY: Final = 92


class PhotoCountOutOfRange(ValueError):
    """A photo set has PHOTOS_MIN to PHOTOS_MAX photos."""


@dataclass(frozen=True)
class Photo:
    """One photo: JPEG bytes, PHOTO_SIDE_PX square, and what it shows."""

    jpeg: bytes
    scene: Scene


@dataclass(frozen=True)
class PhotoSet:
    """Photos of one person, and who that is."""

    identity: Identity
    photos: tuple[Photo, ...]


def photo_set(seed: int, count: int = 12) -> list[bytes]:
    """`count` JPEG photos of the person that `seed` names. Raises PhotoCountOutOfRange."""
    return [photo.jpeg for photo in described_photo_set(seed, count).photos]


def described_photo_set(seed: int, count: int = 12) -> PhotoSet:
    """The same photos as `photo_set`, with the person and each scene."""
    if not PHOTOS_MIN <= count <= PHOTOS_MAX:
        raise PhotoCountOutOfRange(f"{count} photos, not {PHOTOS_MIN} to {PHOTOS_MAX}")
    rng = np.random.default_rng([seed, 0x70686F74])
    identity = random_identity(rng)
    photos = tuple(
        Photo(to_jpeg(render(identity, scene, frame=PHOTO_FRAME)), scene)
        for scene in varied_scenes(rng, count)
    )
    return PhotoSet(identity, photos)


def varied_scenes(rng: np.random.Generator, count: int) -> list[Scene]:
    """Scenes that cover every view, expression, top and background about equally often.

    Any nine in a row differ in view or expression, so no two photos are near-duplicates.
    """
    pairs = [(view, expression) for view in VIEWS for expression in EXPRESSIONS]
    order: list[int] = []
    tops: list[str] = []
    backgrounds: list[str] = []
    while len(order) < count:
        order += [int(index) for index in rng.permutation(len(pairs))]
    while len(tops) < count:
        tops += [str(top) for top in rng.permutation(TOPS)]
        backgrounds += [str(background) for background in rng.permutation(BACKGROUNDS)]
    scenes: list[Scene] = []
    for index in range(count):
        view, expression = pairs[order[index]]
        top, background = tops[index], backgrounds[index]
        while any(
            scene.view == view and scene.expression == expression and scene.background == background
            for scene in scenes
        ):
            background = BACKGROUNDS[(BACKGROUNDS.index(background) + 1) % len(BACKGROUNDS)]
        shift_x, shift_y = rng.uniform(-1, 1, 2)
        yaw = float(rng.uniform(0.92, 1.08))
        scenes.append(Scene(view, expression, top, background, float(shift_x), float(shift_y), yaw))
    return scenes


def to_jpeg(picture: NDArray[np.uint8], *, quality: int = JPEG_QUALITY) -> bytes:
    """RGB uint8 (height, width, 3) to JPEG bytes."""
    _, coded = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return coded.tobytes()


def from_jpeg(jpeg: bytes) -> NDArray[np.uint8]:
    """JPEG bytes to RGB uint8 (height, width, 3)."""
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
