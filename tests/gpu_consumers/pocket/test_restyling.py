"""One face in all styles: a photo redrawn in a style looks like what the world draws in it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.loading import LOADER, WEIGHTS_DIR
from gpu_consumers.engines.pocket.restyler import OTHER_STYLES, restyled
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES
from gpu_consumers.training.photo_set import make_examples, make_styled_examples

pytestmark = pytest.mark.engine


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(np.float32) - other).mean())


@pytest.mark.parametrize("name", OTHER_STYLES)
def test_a_redrawn_photo_is_nearer_to_the_style_than_the_photo_is(name: str) -> None:
    rng = np.random.default_rng(7)
    identity, scene = random_identity(rng), random_scene(rng)
    photo = render(identity, scene)
    wanted = render(identity, scene, style=STYLES[name])
    (redrawn,) = restyled(photo[None], name, WEIGHTS_DIR)
    assert redrawn.shape == photo.shape
    assert difference(redrawn, wanted) < 0.2 * difference(photo, wanted)


def test_a_twin_learns_every_style_the_engine_offers_and_plain_photos_outnumber_them() -> None:
    constants = replace(LOADER.twin, phrase_dropout=0.5)
    rng = np.random.default_rng(9)
    photo = render(random_identity(rng), random_scene(rng))
    assert set(constants.restyled) == set(LOADER.style_words.values())
    styled = [
        example
        for words, redraw in constants.restyled.items()
        for example in make_styled_examples(
            redraw(photo[None])[0], [["smiling"]], words, constants, rng
        )
    ]
    plain = make_examples(photo, [["smiling"]], constants, rng)
    assert len(plain) > len(styled) == len(LOADER.style_words)
    for words, example in zip(constants.restyled, styled, strict=True):
        assert all(words in caption for caption in example.captions)


def test_a_style_is_said_in_the_prompt_unless_it_is_the_plain_one() -> None:
    assert LOADER.prompt_for("a woman", "neon", names_twin=False) == "neon style, a woman"
    assert LOADER.prompt_for("a woman", "plain", names_twin=False) == "a woman"
