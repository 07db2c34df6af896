"""What each engine may be asked, and how a request becomes settings."""

import math

import msgspec
import pytest

from domain.asked_settings import AskedClips, AskedImages
from domain.engines import ENGINES, EngineEntry, engine
from domain.job_kind import JobKind
from domain.job_kinds import kind_of
from domain.kernel.refusal import Refusal
from domain.prompt_reading import read_prompt
from domain.rating import Rating
from domain.refusals import (
    AspectRatioUnsupported,
    CountOutOfRange,
    DurationUnsupported,
    EngineUnavailable,
    NegativePromptUnsupported,
    PromptEmpty,
    PromptTooLong,
    PromptUnsupported,
    SettingOutOfRange,
    TooManySeconds,
    UnknownEngine,
    UnknownMotion,
    UnknownStyle,
)
from domain.settings import (
    SEED_MAX,
    JobSettings,
    item_seed,
    require_count,
    require_prompts,
    require_seed,
    resolve_images,
    resolve_training,
    training_recipe,
)
from domain.video_settings import clip_options, require_clip_count, resolve_video
from tests.domain.people import POCKET

WAN, STILL = ENGINES["wan-2.2"], ENGINES["stable-video-diffusion"]

EVERY_ENGINE = pytest.mark.parametrize("entry", ENGINES.values(), ids=list(ENGINES))


@EVERY_ENGINE
def test_an_entry_agrees_with_itself(entry: EngineEntry) -> None:
    assert engine(entry.id) is entry
    for width, height in entry.aspect_ratios.values():
        assert width % 8 == 0
        assert height % 8 == 0
    for numbers in (entry.steps, entry.count, entry.guidance, entry.strength):
        assert numbers.minimum <= numbers.default <= numbers.maximum
    assert set(entry.batch_key) - {"guided"} <= set(msgspec.structs.asdict(resolve_images(entry)))
    assert set(entry.attempt_limit_s) == set(entry.pipelines)
    assert (entry.training is not None) == (JobKind.TRAINING in entry.pipelines)
    assert (entry.clips is not None) == (JobKind.VIDEO in entry.pipelines)
    if entry.training is not None:
        assert len(entry.training.sample_prompts) == entry.training.sample_count
    assert Rating.ADULT not in entry.ratings


@EVERY_ENGINE
def test_live_previews_are_off_where_an_engine_is_photorealistic(entry: EngineEntry) -> None:
    assert entry.live_previews is not entry.photorealistic


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UnknownEngine):
        engine("a camera")


def test_the_pocket_model_draws_cartoons() -> None:
    assert not POCKET.photorealistic
    assert POCKET.pipelines == (JobKind.TRAINING, JobKind.IMAGES, JobKind.VIDEO)


def test_nothing_said_means_the_engines_defaults() -> None:
    settings = resolve_images(POCKET)
    assert (settings.width, settings.height, settings.style) == (256, 256, "plain")
    assert (settings.num_inference_steps, settings.guidance_scale) == (25, 4.0)


@pytest.mark.parametrize(
    ("ratio", "size"),
    [("1:1", (256, 256)), ("3:4", (224, 288)), ("9:16", (192, 352)), ("16:9", (352, 192))],
)
def test_a_ratio_becomes_pixels(ratio: str, size: tuple[int, int]) -> None:
    settings = resolve_images(POCKET, AskedImages(aspect_ratio=ratio))
    assert (settings.width, settings.height) == size


def test_a_ratio_the_engine_cannot_draw_is_refused_with_those_it_can() -> None:
    with pytest.raises(AspectRatioUnsupported) as refusal:
        resolve_images(POCKET, AskedImages(aspect_ratio="21:9"))
    assert refusal.value.supported == ("1:1", "3:4", "4:3", "9:16", "16:9")


def test_an_unknown_style_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownStyle) as refusal:
        resolve_images(POCKET, AskedImages(style="oil"))
    assert refusal.value.known == POCKET.styles


@pytest.mark.parametrize("steps", [0, 51, -3])
def test_steps_beyond_the_engine_are_refused(steps: int) -> None:
    with pytest.raises(SettingOutOfRange):
        resolve_images(POCKET, AskedImages(num_inference_steps=steps))


@pytest.mark.parametrize("scale", [0.9, 12.1, math.nan, math.inf, -math.inf])
def test_a_guidance_scale_beyond_the_engine_or_beyond_numbers_is_refused(scale: float) -> None:
    with pytest.raises(SettingOutOfRange):
        resolve_images(POCKET, AskedImages(guidance_scale=scale))


@pytest.mark.parametrize("strength", [-0.1, 1.6, math.nan])
def test_a_twin_is_applied_between_not_at_all_and_one_and_a_half(strength: float) -> None:
    with pytest.raises(SettingOutOfRange):
        resolve_images(POCKET, AskedImages(twin_strength=strength))


@pytest.mark.parametrize("count", [0, 9])
def test_one_to_eight_pictures_can_be_asked_for(count: int) -> None:
    require_count(POCKET, 1)
    require_count(POCKET, 8)
    with pytest.raises(CountOutOfRange):
        require_count(POCKET, count)


def test_seeds_count_up_and_stay_in_range() -> None:
    assert [item_seed(7, item) for item in range(3)] == [7, 8, 9]
    assert item_seed(SEED_MAX, 1) == 0
    for seed in (-1, SEED_MAX + 1):
        with pytest.raises(SettingOutOfRange):
            require_seed(seed)


@pytest.mark.parametrize(("photos", "steps"), [(10, 160), (12, 192), (15, 240)])
def test_a_training_takes_steps_for_every_photo(photos: int, steps: int) -> None:
    assert resolve_training(POCKET, photos).steps == steps


def test_a_training_has_a_least_and_a_greatest_number_of_steps() -> None:
    recipe = training_recipe(POCKET)
    assert resolve_training(POCKET, 1).steps == recipe.steps_min
    assert resolve_training(POCKET, 500).steps == recipe.steps_max


def test_an_engine_that_draws_no_twins_learns_none() -> None:
    with pytest.raises(EngineUnavailable):
        resolve_training(STILL, 12)


def test_an_engine_that_reads_no_words_refuses_them_instead_of_ignoring_them() -> None:
    settings = resolve_video(STILL)
    require_prompts(STILL, settings, prompt=" \n ", negative_prompt="")
    with pytest.raises(PromptUnsupported):
        require_prompts(STILL, settings, prompt="a lighthouse in fog", negative_prompt="")
    with pytest.raises(NegativePromptUnsupported):
        require_prompts(STILL, settings, prompt="", negative_prompt="glasses")
    assert not read_prompt(STILL, "a lighthouse in fog", style="plain", names_twin=False).is_read
    assert read_prompt(POCKET, "a lighthouse in fog", style="plain", names_twin=False).is_read


@pytest.mark.parametrize("entry", [WAN, STILL], ids=lambda entry: entry.id)
def test_a_clip_is_as_long_as_it_is_sold_and_of_a_size_that_the_network_takes(
    entry: EngineEntry,
) -> None:
    clips = clip_options(entry)
    for seconds in clips.durations_s:
        settings = resolve_video(entry, AskedClips(duration_s=seconds))
        assert settings.frames == seconds * settings.frame_rate
        assert settings.frame_rate == clips.frame_rate > 0
    for width, height in entry.aspect_ratios.values():
        assert (width % 32, height % 32) == (0, 0)


@pytest.mark.parametrize(
    ("prompt", "negative_prompt", "refusal"),
    [
        ("", "", PromptEmpty),
        (" \n ", "", PromptEmpty),
        ("fog " * 76, "", PromptTooLong),
        ("a lighthouse in fog", "fog " * 76, PromptTooLong),
    ],
)
def test_a_prompt_says_something_and_ends(
    prompt: str, negative_prompt: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        require_prompts(
            POCKET,
            resolve_images(POCKET),
            prompt=prompt,
            negative_prompt=negative_prompt,
        )


def test_a_prompt_of_exactly_the_limit_is_read() -> None:
    longest = "f" * POCKET.prompt_length_max
    require_prompts(POCKET, resolve_images(POCKET), prompt=longest, negative_prompt=longest)


def test_a_negative_prompt_without_guidance_is_refused_instead_of_ignored() -> None:
    unguided = resolve_images(POCKET, AskedImages(guidance_scale=1.0))
    require_prompts(POCKET, unguided, prompt="a lighthouse in fog", negative_prompt=" ")
    with pytest.raises(NegativePromptUnsupported):
        require_prompts(POCKET, unguided, prompt="a lighthouse in fog", negative_prompt="glasses")


def test_a_negative_prompt_on_an_engine_that_ignores_it_is_refused() -> None:
    turbo = msgspec.structs.replace(POCKET, negative_prompt=False)
    with pytest.raises(NegativePromptUnsupported):
        require_prompts(turbo, resolve_images(turbo), prompt="fog", negative_prompt="glasses")


def batch_key(settings: JobSettings) -> str:
    return kind_of(settings).batch_key(POCKET, settings)


def test_what_differs_in_twin_or_strength_shares_a_batch_and_what_differs_in_size_does_not() -> (
    None
):
    square = batch_key(resolve_images(POCKET))
    assert square == "pocket/256/256/25/True"
    assert square == batch_key(resolve_images(POCKET, AskedImages(twin_strength=0.5)))
    assert square != batch_key(resolve_images(POCKET, AskedImages(aspect_ratio="3:4")))
    assert square != batch_key(resolve_images(POCKET, AskedImages(guidance_scale=1.0)))


def test_clips_share_a_batch_with_clips_of_their_length_whatever_moves() -> None:
    nodding = batch_key(resolve_video(POCKET, AskedClips(motion="nod")))
    assert nodding == batch_key(resolve_video(POCKET, AskedClips(motion="blink")))
    assert nodding != batch_key(resolve_video(POCKET, AskedClips(duration_s=5)))
    assert nodding != batch_key(resolve_images(POCKET))
    assert batch_key(resolve_training(POCKET, 12)) == "pocket/training"


@pytest.mark.parametrize("seconds", [3, 4, 5])
def test_a_clip_has_whole_seconds_and_is_delivered_enlarged(seconds: int) -> None:
    clip = resolve_video(POCKET, AskedClips(duration_s=seconds, aspect_ratio="9:16"))
    assert (clip.frames, clip.duration_ms) == (8 * seconds, 1_000 * seconds)
    assert (clip.width, clip.height) == (192, 352)
    assert (clip.delivered_width, clip.delivered_height) == (384, 704)


@pytest.mark.parametrize("seconds", [-3, 0, 2, 6, 60])
def test_a_length_that_no_clip_has_is_refused_with_those_there_are(seconds: int) -> None:
    with pytest.raises(DurationUnsupported) as refusal:
        resolve_video(POCKET, AskedClips(duration_s=seconds))
    assert refusal.value.durations_s == (3, 4, 5)


def test_a_motion_that_the_engine_does_not_know_is_refused_with_those_it_does() -> None:
    with pytest.raises(UnknownMotion) as refusal:
        resolve_video(POCKET, AskedClips(motion="cartwheel"))
    assert refusal.value.known == ("blink", "talk", "nod", "turn", "push")


def test_an_engine_without_clips_is_refused() -> None:
    with pytest.raises(EngineUnavailable):
        resolve_video(engine("stable-diffusion-1.5"))


@pytest.mark.parametrize(("count", "seconds"), [(4, 3), (3, 4), (2, 5)])
def test_as_many_clips_as_their_seconds_allow(count: int, seconds: int) -> None:
    assert (
        require_clip_count(POCKET, resolve_video(POCKET, AskedClips(duration_s=seconds)), count)
        == count
    )


@pytest.mark.parametrize(
    ("count", "seconds", "refusal"),
    [
        (0, 3, CountOutOfRange),
        (5, 3, CountOutOfRange),
        (4, 4, TooManySeconds),
        (3, 5, TooManySeconds),
    ],
)
def test_more_clips_or_more_seconds_than_one_request_may_have_are_refused(
    count: int, seconds: int, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        require_clip_count(POCKET, resolve_video(POCKET, AskedClips(duration_s=seconds)), count)


def test_ratings_are_ordered() -> None:
    assert Rating.GENERAL.within(Rating.GENERAL)
    assert Rating.GENERAL.within(Rating.ADULT)
    assert not Rating.ADULT.within(Rating.SUGGESTIVE)
