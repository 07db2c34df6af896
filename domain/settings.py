"""Resolved settings of a job: checked against the engine, with every default filled in."""

from typing import TypeAlias

import msgspec

from domain.asked_settings import AskedImages, drawn
from domain.engines.entry import EngineEntry, TrainingRecipe
from domain.refusals import (
    CountOutOfRange,
    EngineUnavailable,
    NegativePromptUnsupported,
    PromptEmpty,
    PromptTooLong,
    PromptUnsupported,
    SettingOutOfRange,
)
from domain.video_settings import VideoSettings

SEED_MAX = 2**32 - 1
"""Seeds above this differ between the generators of different devices."""


class ImageSettings(msgspec.Struct, frozen=True, tag="images"):
    """Settings that all pictures of a job share. Sizes in pixels."""

    width: int
    height: int
    aspect_ratio: str
    style: str
    num_inference_steps: int
    guidance_scale: float
    twin_strength: float


class TrainingSettings(msgspec.Struct, frozen=True, tag="training"):
    """Settings of a twin training; `samples` pictures are drawn to show the result."""

    photo_count: int
    rank: int
    steps: int
    learning_rate: float
    samples: int
    width: int
    height: int


JobSettings: TypeAlias = ImageSettings | TrainingSettings | VideoSettings

_DEFAULTS = AskedImages()


def training_recipe(entry: EngineEntry) -> TrainingRecipe:
    """How an engine learns a twin. Raises `EngineUnavailable` for one that draws none."""
    if entry.training is None:
        raise EngineUnavailable(entry.id, ("training",))
    return entry.training


def resolve_training(entry: EngineEntry, photo_count: int) -> TrainingSettings:
    """What training on `photo_count` photos means. Raises as `training_recipe`."""
    recipe = training_recipe(entry)
    steps = recipe.steps_per_photo * photo_count
    width, height = entry.aspect_ratios[entry.default_aspect_ratio]
    return TrainingSettings(
        photo_count=photo_count,
        rank=recipe.rank,
        steps=min(max(steps, recipe.steps_min), recipe.steps_max),
        learning_rate=recipe.learning_rate,
        samples=recipe.sample_count,
        width=width,
        height=height,
    )


def resolve_images(entry: EngineEntry, asked: AskedImages = _DEFAULTS) -> ImageSettings:
    """Raises as `drawn`."""
    return ImageSettings(**drawn(entry, asked, steps=entry.steps))


def require_count(entry: EngineEntry, count: int) -> int:
    """How many pictures are asked for. Raises `CountOutOfRange`."""
    if not entry.count.minimum <= count <= entry.count.maximum:
        raise CountOutOfRange(entry.count.minimum, entry.count.maximum)
    return count


def require_seed(seed: int) -> int:
    """The seed of the first item. Raises `SettingOutOfRange`."""
    if not 0 <= seed <= SEED_MAX:
        raise SettingOutOfRange("seed", 0, SEED_MAX)
    return seed


def item_seed(seed: int, item: int) -> int:
    """The seed of item number `item` (from 0): any of them can be drawn again alone."""
    return (seed + item) % (SEED_MAX + 1)


def require_prompts(
    entry: EngineEntry,
    settings: ImageSettings | VideoSettings,
    *,
    prompt: str,
    negative_prompt: str,
) -> None:
    """Lengths, and whether the prompts would act at all.

    Raises `PromptUnsupported`, `PromptEmpty`, `PromptTooLong`, `NegativePromptUnsupported`.
    """
    if not entry.reads_words:
        if prompt.strip():
            raise PromptUnsupported(entry.id)
    elif not prompt.strip():
        raise PromptEmpty()
    for place, text in (("prompt", prompt), ("negative_prompt", negative_prompt)):
        if len(text) > entry.prompt_length_max:
            raise PromptTooLong(entry.prompt_length_max).at(place)
    if negative_prompt.strip() and not (entry.negative_prompt and guided(entry, settings)):
        raise NegativePromptUnsupported(entry.id)


def draws_twin(settings: ImageSettings | VideoSettings) -> bool:
    """Whether anything of a twin would be seen: without strength nobody in particular is drawn."""
    return settings.twin_strength != 0


def guided(entry: EngineEntry, settings: ImageSettings | VideoSettings) -> bool:
    """Whether classifier-free guidance runs with these settings."""
    return settings.guidance_scale > entry.guidance_free_at
