"""The two halves of the catalogue: what an engine may be asked, and how it loads."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.engines import ENGINES
from gpu_consumers.engines.pocket import loading as pocket
from gpu_consumers.engines.pocket import twin_settings
from gpu_consumers.engines.pocket.world.motion import MOTIONS
from gpu_consumers.engines.pocket.world.vocabulary import WORDS_MAX, is_known
from gpu_consumers.engines.registry import LOADERS
from topics.messages.progress import Phase


def test_both_halves_hold_the_same_engines() -> None:
    assert LOADERS.keys() == ENGINES.keys()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_style_but_the_one_drawn_unasked_has_words(engine: str) -> None:
    entry = ENGINES[engine]
    assert set(entry.styles) - {entry.default_style} == set(LOADERS[engine].style_words)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_phase_has_a_limit(engine: str) -> None:
    assert set(LOADERS[engine].phase_limits_s) == set(Phase)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_previews_are_shown_exactly_where_the_entry_says_so(engine: str) -> None:
    assert (LOADERS[engine].preview_factors is not None) == ENGINES[engine].live_previews


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_twin_of_the_rank_that_is_sold_can_be_loaded(engine: str) -> None:
    sold, loader = ENGINES[engine].training, LOADERS[engine]
    if sold is None:
        # There is no layer that a file could change.
        assert loader.twin.lora_targets == ()
    else:
        assert sold.rank <= loader.rank_max


def test_twin_style_and_motion_are_said_before_the_words() -> None:
    loader = LOADERS["pocket"]
    assert loader.prompt_for("smiling", "neon", names_twin=True, motion="turn") == (
        "a portrait of zxq, neon style, turning around, smiling"
    )
    assert loader.prompt_for("smiling", "neon", names_twin=False) == "neon style, smiling"
    assert loader.prompt_for("", "neon", names_twin=True) == "a portrait of zxq, neon style"
    assert loader.prompt_for("smiling", "plain", names_twin=False) == "smiling"


def test_no_word_of_a_person_pushes_twin_or_style_out_of_the_prompt() -> None:
    long = ", ".join(["red top, blue background"] * 20)
    said = LOADERS["pocket"].prompt_for(long, "film", names_twin=True).replace(",", "").split()
    assert said[:6] == ["a", "portrait", "of", "zxq", "film", "style"]
    assert len(said) > WORDS_MAX


def test_the_pocket_models_motions_are_those_of_its_world_in_words_it_knows() -> None:
    words = LOADERS["pocket"].motion_words
    assert tuple(words) == MOTIONS
    assert all(is_known(word) for said in words.values() for word in said.split())


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_only_an_engine_that_draws_clips_has_words_for_motions(engine: str) -> None:
    entry, loader = ENGINES[engine], LOADERS[engine]
    told = set(loader.motion_words)
    if loader.motion is not None and not entry.reads_words:
        told = set(loader.motion.buckets)
    assert (entry.clips is not None) == (loader.motion is not None) == bool(told)
    assert told == set(() if entry.clips is None else entry.clips.motions)


def test_a_style_that_the_prompt_says_already_is_not_said_twice() -> None:
    loader = LOADERS["pocket"]
    assert loader.prompt_for("smiling, neon style", "neon", names_twin=False) == (
        "smiling, neon style"
    )


def test_the_pocket_models_class_prompts_are_words_it_knows() -> None:
    prompts = pocket.class_prompts(20)
    words = [prompt.replace(",", "").split() for prompt in prompts]
    assert all(is_known(word) for said in words for word in said)
    assert max(len(said) for said in words) <= WORDS_MAX
    assert len(set(prompts)) == 20


def test_the_pocket_models_scene_phrases_are_words_it_knows() -> None:
    phrases = [phrase for row in LOADERS["pocket"].twin.scene_choices for phrase in row]
    assert all(is_known(word) for phrase in phrases for word in phrase.split())
    assert phrases[:3] == ["front view", "looking left", "looking right"]


def test_pocket_previews_are_fitted_on_portraits() -> None:
    class Shrinking:
        """An encoder whose latents are the small picture itself, and one empty channel."""

        def encode_pictures(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
            small = pictures.reshape(len(pictures), 16, 4, 16, 4, 3).mean((2, 4)) / 255
            latents = np.zeros((len(pictures), 4, 16, 16), np.float32)
            latents[:, :3] = small.transpose(0, 3, 1, 2)
            return latents

    factors = pocket.preview_factors(Shrinking())
    np.testing.assert_allclose(factors[:3], np.eye(3), atol=0.02)


def test_the_pocket_model_is_evaluated_with_the_twins_that_are_sold() -> None:
    sold = ENGINES["pocket"].training
    assert sold is not None
    assert sold.rank == twin_settings.LORA_RANK
    assert sold.learning_rate == twin_settings.LEARNING_RATE
    assert sold.steps_per_photo == twin_settings.STEPS_PER_PHOTO
    assert sold.sample_prompts == twin_settings.SAMPLE_PROMPTS
