"""PDQ in NumPy, against what the original says of the same pictures."""

import importlib
from typing import Final

import numpy as np
import pytest

from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.screening.pdq import (
    hash_text,
    pdq,
    pdq_distance,
    pdq_orientations,
)
from gpu_consumers.screening.picture_measures import Rgb, fitted

VECTORS: Final = {
    "patches": ("8f00e4434ed30fc4f03bf039b12c1bbc70ff9236b1739315ec338f5c924c8f3a", 100),
    "two by two": ("6666cccc333399912666eccccccc33336666cccc9cce9b99cc99666433363333", 20),
    "wide patches": ("74a6e9d335a62b56a63463736632b98599cd9c8c59cbd4a9ce10162eeb512637", 100),
    "small": ("0ff017f217e00d6cf16f98de681de2d7e237e23711cc1d2897e247610ed096d2", 100),
    "tiny": ("31e731e74e184e18b1e76cc131e78a3c4e18b1e7b1e730e74e184e18b1e77cc3", 75),
    "a moon": ("99a6199879996799661c86669a6719e669866599e69996799a6579e66186a699", 58),
    "a tall moon": ("69e58796969e9a696961658696969a796969658686969a797869658687969a79", 54),
    "noise": ("3840176fdd3604f9f54cebbd3ca9e72f3876564ceccda5c1891c20c013b9e075", 100),
    "little noise": ("fcebbc78a0b273ce042e092082845c88b3a895f463bedf2399be6da569cfbb02", 100),
}
"""What `pdqhash` 0.2.8, Facebook's own code, says of each `picture`: the hash and its quality."""


def patchwork(seed: int, height: int, width: int, patches: int) -> Rgb:
    """Flat patches of any colours, cut off where they do not fit."""
    rng = np.random.default_rng(seed)
    few = rng.integers(0, 256, (patches, patches, 3), dtype=np.uint8)
    rows = np.arange(height) * patches // height
    columns = np.arange(width) * patches // width
    return few[rows[:, None], columns[None, :]]


def a_moon(height: int, width: int) -> Rgb:
    """A disk over a sky that grows lighter: as regular as a picture can be."""
    rows, columns = np.mgrid[:height, :width]
    inside = (2 * rows - height) ** 2 + (2 * columns - width) ** 2 < (min(height, width) // 2) ** 2
    sky = rows * 255 // height
    return np.stack([np.where(inside, 240, sky), sky, sky // 2], axis=2).astype(np.uint8)


def noise(seed: int, side: int) -> Rgb:
    """No two pixels alike."""
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def picture(name: str) -> Rgb:
    """The picture of a vector."""
    return {
        "patches": lambda: patchwork(1, 512, 512, 12),
        "two by two": lambda: patchwork(2, 353, 97, 2),
        "wide patches": lambda: patchwork(3, 200, 511, 9),
        "small": lambda: patchwork(4, 64, 64, 7),
        "tiny": lambda: patchwork(5, 5, 9, 4),
        "a moon": lambda: a_moon(384, 512),
        "a tall moon": lambda: a_moon(500, 131),
        "noise": lambda: noise(6, 512),
        "little noise": lambda: noise(7, 130),
    }[name]()


@pytest.mark.parametrize("name", VECTORS)
def test_a_picture_has_the_hash_and_the_quality_that_the_original_gives_it(name: str) -> None:
    bits, quality = pdq(picture(name))
    assert (hash_text(bits), quality) == VECTORS[name]


@pytest.mark.parametrize(("height", "width"), [(4, 300), (300, 4), (1, 1)])
def test_a_strip_has_no_hash(height: int, width: int) -> None:
    assert pdq(noise(8, 300)[:height, :width])[1] == 0


def test_a_flat_picture_has_no_quality() -> None:
    assert pdq(np.full((200, 300, 3), 90, np.uint8))[1] == 0


def test_turned_and_mirrored_pictures_are_found_by_one_of_eight_hashes() -> None:
    # As many pixels as cells: larger ones are sampled a little off the middle of a cell.
    upright = patchwork(10, 64, 64, 11)
    hashes, _ = pdq_orientations(upright)
    assert hash_text(hashes[0]) == hash_text(pdq(upright)[0])
    ways = [np.rot90(side, turns) for side in (upright, upright[:, ::-1]) for turns in range(4)]
    nearest = [[pdq_distance(pdq(way)[0], one) for one in hashes] for way in ways]
    assert all(min(distances) <= 2 for distances in nearest)
    assert len({int(np.argmin(distances)) for distances in nearest}) == 8


def test_cartoons_have_the_hashes_of_the_original() -> None:
    """Where the original was installed by hand: it has no wheel, and needs a compiler."""
    pytest.importorskip("pdqhash", reason="the original is not installed (pip install pdqhash)")
    original = importlib.import_module("pdqhash")
    rng = np.random.default_rng(11)
    cartoons = [render(random_identity(rng), random_scene(rng)) for _ in range(20)]
    for rgb in [*cartoons, *(picture(name) for name in VECTORS)]:
        shrunk = np.ascontiguousarray(fitted(rgb, 512))
        theirs, their_quality = original.compute_dihedral(shrunk)
        ours, quality = pdq_orientations(rgb)
        assert quality == their_quality
        assert sorted(map(hash_text, ours)) == sorted(map(hash_text, theirs))
        assert hash_text(ours[0]) == hash_text(theirs[0])
