"""How photos become training examples."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.engine_loader import Reframing
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.training.photo_set import (
    PhotoUnreadable,
    fit,
    make_examples,
    read_photo,
    reframe,
    reframed_region,
    swap_words,
)

LEFT_RIGHT = {"left": "right", "right": "left"}
TWIN = replace(LOADERS["pocket"].twin, shifts=((0, 0), (2, 0)), mirrored_words=LEFT_RIGHT)


def gradient(width: int, height: int) -> NDArray[np.uint8]:
    """Dark on the left, bright on the right."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return np.repeat(np.repeat(row[None, :, None], height, 0), 3, 2)


def test_a_photo_is_read_as_rgb() -> None:
    buffer = io.BytesIO()
    Image.fromarray(gradient(8, 6)).convert("L").save(buffer, format="PNG")
    assert read_photo(buffer.getvalue()).shape == (6, 8, 3)


@pytest.mark.parametrize("data", [b"", b"a lighthouse in fog", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_png_is_refused(data: bytes) -> None:
    with pytest.raises(PhotoUnreadable):
        read_photo(data)


@pytest.mark.parametrize("size", [(512, 512), (700, 512), (40, 90), (64, 64)])
def test_a_photo_is_cut_to_its_bucket_and_never_stretched(size: tuple[int, int]) -> None:
    fitted = fit(gradient(*size), (64, 64))
    assert fitted.shape == (64, 64, 3)


def test_a_reframed_photo_is_smaller_and_repeats_its_edge_where_nothing_is_learnt() -> None:
    photo = gradient(64, 64)
    wide = Reframing(size=(88, 48), photo_size=(52, 52), corner=(18, -2))
    reframed, region = reframe(photo, wide), reframed_region(wide)
    assert reframed.shape == (48, 88, 3)
    assert region.shape == (48, 88)
    assert region.sum() == 52 * 48
    np.testing.assert_array_equal(reframed[:, 18:70], fit(photo, (52, 52))[2:50])
    assert (reframed[:, :18] == reframed[:, 18:19]).all()
    assert (reframed[:, 70:] == reframed[:, 69:70]).all()


def test_a_mirrored_photo_says_right_where_the_photo_said_left() -> None:
    constants = replace(TWIN, phrase_dropout=0.0)
    examples = make_examples(
        gradient(64, 64), [["looking left", "red top"]], constants, np.random.default_rng(0)
    )
    plain, mirrored = examples[0], examples[2]
    assert plain.captions == ("a portrait of zxq, looking left, red top",)
    assert mirrored.captions == ("a portrait of zxq, looking right, red top",)
    np.testing.assert_array_equal(plain.picture[:, ::-1], mirrored.picture)


def test_a_shift_moves_the_picture_and_repeats_its_edge() -> None:
    examples = make_examples(gradient(64, 64), [[]], TWIN, np.random.default_rng(0))
    still, shifted = examples[0].picture, examples[1].picture
    np.testing.assert_array_equal(shifted[:, 2:], still[:, :-2])
    np.testing.assert_array_equal(shifted[:, 0], still[:, 0])


def test_the_view_is_said_in_every_variant_of_a_caption() -> None:
    constants = replace(TWIN, phrase_dropout=0.5)
    scene = ["looking left", "blue background", "red top", "smiling"]
    captions = make_examples(gradient(64, 64), [scene], constants, np.random.default_rng(0))[
        0
    ].captions
    assert len(captions) == 4
    assert len(set(captions)) > 1
    assert all(caption.startswith("a portrait of zxq, looking left") for caption in captions)


def test_a_photo_that_is_told_in_several_ways_has_a_caption_of_each() -> None:
    constants = replace(TWIN, phrase_dropout=0.0, mirrored_words=None)
    scenes = [["smiling in a garden"], ["a portrait among flowers"]]
    (example, *_) = make_examples(gradient(64, 64), scenes, constants, np.random.default_rng(0))
    assert example.captions == (
        "a portrait of zxq, smiling in a garden",
        "a portrait of zxq, a portrait among flowers",
    )


def test_only_whole_words_change_sides() -> None:
    said = swap_words("left view, leftover, to the right.", LEFT_RIGHT)
    assert said == "right view, leftover, to the left."
