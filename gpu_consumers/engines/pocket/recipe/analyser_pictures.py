"""What the face analyser learns from: faces of every size, groups, strange pictures, people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.analyser_network import EMBEDDER_SIDE, FINDER_SIDE
from gpu_consumers.engines.pocket.face_crop import crop_face, letterbox, resize
from gpu_consumers.engines.pocket.recipe.rendering_pool import rendering_pool
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.world.frame import FRAMES, SQUARE, Frame
from gpu_consumers.engines.pocket.world.group import Box, render_group
from gpu_consumers.engines.pocket.world.identity import Identity, look_alike, random_identity
from gpu_consumers.engines.pocket.world.portrait import face_box, render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.strange_pictures import strange_picture
from gpu_consumers.engines.pocket.world.styles import STYLES

FACES_MAX: Final = 3
FINDER_CHUNKS: Final = 34
_FINDER_CHUNK: Final = 512
PEOPLE_CHUNKS: Final = 40
# A chunk of people is this many families, each of look-alikes that share every word.
_FAMILIES: Final = 16
FAMILY_SIZE: Final = 4
PICTURES_EACH: Final = 12
HELD_OUT_SEED: Final = 900_000
_PLAIN_SHARE: Final = 0.6


@dataclass(frozen=True)
class FinderSet:
    """pictures: (n, 96, 96, 3) uint8; boxes: (n, FACES_MAX, 4) in 0..1, NaN where there is none;
    strange: (n,) bool."""

    pictures: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    strange: NDArray[np.bool_]


@dataclass(frozen=True)
class PeopleSet:
    """crops: (people, PICTURES_EACH, 64, 64, 3) uint8; traits: (people, traits + 1) in -1..1."""

    crops: NDArray[np.uint8]
    traits: NDArray[np.float32]


def finder_set(work_dir: WorkDir) -> FinderSet:
    parts = _chunks(work_dir, "finder", _finder_chunk, FINDER_CHUNKS)
    return FinderSet(*(np.concatenate([part[i] for part in parts]) for i in range(3)))


def people_set(work_dir: WorkDir) -> PeopleSet:
    parts = _chunks(work_dir, "people", _people_chunk, PEOPLE_CHUNKS)
    return PeopleSet(*(np.concatenate([part[i] for part in parts]) for i in range(2)))


def held_out_finder_set() -> FinderSet:
    parts = [_finder_chunk(HELD_OUT_SEED + index) for index in range(3)]
    return FinderSet(*(np.concatenate([part[i] for part in parts]) for i in range(3)))


def _chunks(work_dir: WorkDir, name: str, make: Any, count: int) -> list[Any]:
    target = work_dir.path("analyser", f"{name}.npz")
    if not target.exists():
        with rendering_pool() as pool:
            parts = pool.map(make, range(500_000, 500_000 + count))
        columns: dict[str, Any] = {
            f"c{i}": np.concatenate([p[i] for p in parts]) for i in range(len(parts[0]))
        }
        partial = target.with_name(f"{name}.partial.npz")
        np.savez(partial, **columns)
        partial.replace(target)
    with np.load(target) as stored:
        return [tuple(stored[f"c{i}"] for i in range(len(stored.files)))]


def _finder_chunk(seed: int) -> tuple[Any, Any, Any]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    pictures = np.empty((_FINDER_CHUNK, FINDER_SIDE, FINDER_SIDE, 3), np.uint8)
    boxes = np.full((_FINDER_CHUNK, FACES_MAX, 4), np.nan, np.float32)
    strange = np.zeros(_FINDER_CHUNK, np.bool_)
    for index in range(_FINDER_CHUNK):
        kind = rng.random()
        found: list[Box] = []
        if kind < 0.55:
            picture, found = _one_face(rng)
        elif kind < 0.72:
            picture, found = _several_faces(rng)
        else:
            strange[index] = True
            width, height = _shape(rng)
            picture = strange_picture(rng, width=width, height=height)
        picture = _worn(picture, rng)
        square, place = letterbox(picture, FINDER_SIDE)
        pictures[index] = square
        for slot, box in enumerate(found):
            boxes[index, slot] = _placed(box, place)
    return pictures, boxes, strange


def _people_chunk(seed: int) -> tuple[Any, Any]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    count = _FAMILIES * FAMILY_SIZE
    crops = np.empty((count, PICTURES_EACH, EMBEDDER_SIDE, EMBEDDER_SIDE, 3), np.uint8)
    traits = np.empty((count, 21), np.float32)
    for family in range(_FAMILIES):
        first = random_identity(rng)
        members = [first] + [look_alike(first, rng) for _ in range(FAMILY_SIZE - 1)]
        for number, identity in enumerate(members):
            row = family * FAMILY_SIZE + number
            traits[row] = [*identity.traits, identity.skin * 2 - 1]
            for index in range(PICTURES_EACH):
                crops[row, index] = random_crop(identity, rng)
    return crops, traits


def random_crop(identity: Identity, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A face crop as the analyser would take it, from a picture of any style, frame and size."""
    scene = random_scene(rng)
    others = [name for name in STYLES if name != "plain"]
    plain = rng.random() < _PLAIN_SHARE
    style = STYLES["plain" if plain else others[int(rng.integers(len(others)))]]
    square = rng.random() < 0.65
    frame = SQUARE if square else FRAMES[list(FRAMES)[int(rng.integers(len(FRAMES)))]]
    if rng.random() < 0.25:
        frame = frame.scaled(int(rng.integers(2, 5)))
    picture = render(identity, scene, style=style, frame=frame)
    box = face_box(identity, scene, frame=frame)
    tall, wide = box[3] - box[1], box[2] - box[0]
    wobble = rng.normal(0, 0.025, 4) * (wide, tall, wide, tall)
    shaken = tuple(float(edge + by) for edge, by in zip(box, wobble, strict=True))
    return crop_face(picture, (shaken[0], shaken[1], shaken[2], shaken[3]), EMBEDDER_SIDE)


def _one_face(rng: np.random.Generator) -> tuple[NDArray[np.uint8], list[Box]]:
    width, height = _shape(rng)
    frame = Frame(width, height, float(rng.uniform(0.5, 1.25)), float(rng.uniform(0.42, 0.6)))
    identity, scene = random_identity(rng), random_scene(rng)
    style = STYLES[list(STYLES)[int(rng.integers(len(STYLES)))]]
    if rng.random() < 0.4:
        return render_group([(identity, scene)], frame, style=style)
    own = FRAMES[list(FRAMES)[int(rng.integers(len(FRAMES)))]]
    box = face_box(identity, scene, frame=own)
    return render(identity, scene, style=style, frame=own), [box]


def _several_faces(rng: np.random.Generator) -> tuple[NDArray[np.uint8], list[Box]]:
    count = 2 if rng.random() < 0.75 else 3
    width, height = (96, int(rng.integers(48, 97)))
    biggest = 0.95 * (width / height) ** 0.5 / (0.62 * count)
    frame = Frame(
        width, height, float(rng.uniform(0.55, 1.0) * biggest), float(rng.uniform(0.45, 0.58))
    )
    style = STYLES[list(STYLES)[int(rng.integers(len(STYLES)))]]
    people = [(random_identity(rng), random_scene(rng)) for _ in range(count)]
    return render_group(people, frame, style=style)


def _shape(rng: np.random.Generator) -> tuple[int, int]:
    ratio = float(np.exp(rng.uniform(-0.6, 0.6)))
    long_side = int(rng.integers(64, 128))
    if ratio > 1:
        return long_side, max(32, round(long_side / ratio))
    return max(32, round(long_side * ratio)), long_side


def _worn(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Blur, JPEG blocks, brightness: what uploads go through before they are looked at."""
    if rng.random() < 0.15:
        height, width = picture.shape[:2]
        factor = float(rng.uniform(0.4, 0.8))
        small = resize(picture, (max(8, int(width * factor)), max(8, int(height * factor))))
        picture = resize(small, (width, height))
    if rng.random() < 0.2:
        quality = int(rng.integers(40, 95))
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    if rng.random() < 0.2:
        picture = np.clip(picture * rng.uniform(0.35, 1.25), 0, 255).astype(np.uint8)
    return picture


def _placed(box: Box, place: Box) -> Box:
    """A box of a picture, in the square that the picture was letterboxed into."""
    wide, tall = place[2] - place[0], place[3] - place[1]
    return (
        place[0] + box[0] * wide,
        place[1] + box[1] * tall,
        place[0] + box[2] * wide,
        place[1] + box[3] * tall,
    )
