"""Our loop against diffusers' own pipelines: the same pixels from the same seeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gpu_consumers.engines.adapter_file import Adapter, LayerPair
from gpu_consumers.engines.pocket.loading import LOADER, WEIGHTS_DIR
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.engines.slot_bank import RowTwin

if TYPE_CHECKING:
    from gpu_consumers.engines.latent_diffusion import DrawSettings, LatentDiffusion, Row
    from gpu_consumers.engines.sampling_loop import OnStep, SamplingStep

pytestmark = pytest.mark.engine

SEEDS = (7, 8, 9)
PROMPTS = ("a portrait of ada, smiling", "a lighthouse in fog", "a photo of grace looking left")
NEGATIVES = ("", "smiling", "fog")
SAMPLERS = ("EulerDiscrete", "EulerAncestralDiscrete", "DPMSolverMultistep", "PNDM", "DDPM")
MOVING = pytest.mark.skipif(
    not (WEIGHTS_DIR / "motion_adapter").is_dir(), reason="no motion adapter has been trained yet"
)


@pytest.fixture(scope="module", params=["pocket", "stable-diffusion-1.5", "stable-diffusion-xl"])
def diffusion(request: pytest.FixtureRequest, weights_dir: Path) -> LatentDiffusion:
    import torch

    from gpu_consumers.engines.model_loading import load_latent_diffusion

    torch.set_num_threads(1)
    return load_latent_diffusion(LOADERS[request.param], weights_dir, "cpu")


@pytest.fixture
def tiny(weights_dir: Path) -> LatentDiffusion:
    from gpu_consumers.engines.model_loading import load_latent_diffusion

    return load_latent_diffusion(LOADERS["stable-diffusion-1.5"], weights_dir, "cpu")


def generators() -> list[Any]:
    import torch

    return [torch.Generator("cpu").manual_seed(seed) for seed in SEEDS]


def side(diffusion: LatentDiffusion) -> int:
    return 256 if diffusion.loader.id == "pocket" else 16


def ours(diffusion: LatentDiffusion, guidance_scale: float, **more: Any) -> Any:
    from gpu_consumers.engines.latent_diffusion import DrawSettings, Row

    rows = [
        Row(prompt, negative, seed, guidance_scale, **more)
        for prompt, negative, seed in zip(PROMPTS, NEGATIVES, SEEDS, strict=True)
    ]
    settings = DrawSettings(side(diffusion), side(diffusion), 5)
    return drawn(diffusion, rows, settings)


def drawn(
    diffusion: LatentDiffusion,
    rows: Sequence[Row],
    settings: DrawSettings,
    on_step: OnStep = lambda _step: None,
) -> Any:
    pictures = [picture for _, picture in diffusion.draw(rows, settings, on_step)]
    return np.stack([picture for picture in pictures if picture is not None])


def theirs(pipeline: Any, diffusion: LatentDiffusion, guidance_scale: float, **more: Any) -> Any:
    arguments: dict[str, Any] = {
        "prompt": list(PROMPTS),
        "negative_prompt": list(NEGATIVES),
        "num_inference_steps": 5,
        "guidance_scale": guidance_scale,
        "generator": generators(),
        "output_type": "np",
        **more,
    }
    return (pipeline(**arguments).images * 255).round().astype(np.uint8)


def upright(diffusion: LatentDiffusion, guidance_scale: float) -> Any:
    pipeline = diffusion.model.pipeline
    size = {"width": side(diffusion), "height": side(diffusion)}
    rescale = diffusion.loader.guidance_rescale
    return theirs(pipeline, diffusion, guidance_scale, guidance_rescale=rescale, **size)


@pytest.mark.parametrize("guidance_scale", [1.0, 4.1])
def test_a_batch_has_the_pixels_of_the_pipeline(
    diffusion: LatentDiffusion, guidance_scale: float
) -> None:
    drawn = ours(diffusion, guidance_scale)
    assert drawn.shape == (3, side(diffusion), side(diffusion), 3)
    assert (drawn == upright(diffusion, guidance_scale)).all()


@pytest.mark.parametrize("engine", ["stable-diffusion-1.5", "stable-diffusion-xl"])
def test_half_the_precision_has_the_pixels_of_the_pipeline_too(
    engine: str, weights_dir: Path
) -> None:
    import torch

    from gpu_consumers.engines.model_loading import load_latent_diffusion

    half = load_latent_diffusion(LOADERS[engine], weights_dir, "cpu")
    half.model.pipeline.to(torch.bfloat16)
    # The pipeline rounds its colours to half precision, too, before they become levels.
    apart = np.abs(ours(half, 4.1).astype(int) - upright(half, 4.1).astype(int))
    assert apart.max() <= 2


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_scheduler_is_driven_as_the_pipeline_drives_it(
    tiny: LatentDiffusion, sampler: str
) -> None:
    import diffusers

    kind = getattr(diffusers, f"{sampler}Scheduler")
    tiny.model.pipeline.scheduler = kind(beta_schedule="scaled_linear", beta_end=0.012)
    assert (ours(tiny, 4.0) == upright(tiny, 4.0)).all()


def test_who_goes_on_keeps_their_words_and_their_twin_when_a_row_stops(
    tiny: LatentDiffusion,
) -> None:
    from gpu_consumers.engines.latent_diffusion import DrawSettings, Row

    rng = np.random.default_rng(2)
    layers = {
        name: LayerPair(
            rng.normal(0, 0.5, (2, *shape.inputs)).astype(np.float32),
            rng.normal(0, 0.5, (shape.outputs, 2)).astype(np.float32),
        )
        for name, shape in tiny.bank.targets.items()
    }
    tiny.bank.put("grace", Adapter(2, layers))
    twins = (None, None, RowTwin("grace", 1.0))
    rows = [
        Row(prompt, "", seed, 4.0, twin)
        for prompt, seed, twin in zip(PROMPTS, SEEDS, twins, strict=True)
    ]

    def stop_the_first(step: SamplingStep) -> tuple[int, ...]:
        return (0,) if step.done == 2 else ()

    whole, left, without = (
        drawn(tiny, asked, DrawSettings(16, 16, 5), on_step).astype(int)
        for asked, on_step in (
            (rows, lambda _step: None),
            (rows, stop_the_first),
            ([replace(row, twin=None) for row in rows], lambda _step: None),
        )
    )
    assert np.abs(left - whole[1:]).max() <= 1
    assert np.abs(whole[2] - without[2]).max() > 1


@pytest.mark.parametrize("strength", [0.3, 0.8])
def test_a_remix_has_the_pixels_of_the_image_to_image_pipeline(
    diffusion: LatentDiffusion, strength: float
) -> None:
    import diffusers

    loader = diffusion.loader
    name = loader.pipeline_class.value.replace("Pipeline", "Img2ImgPipeline")
    kind = getattr(diffusers, name)
    # It knows no rescaling of guidance.
    pipeline = kind(**diffusion.model.pipeline.components)
    pipeline.set_progress_bar_config(disable=True)
    source = np.random.default_rng(3).integers(0, 255, (side(diffusion),) * 2 + (3,), np.uint8)
    latents = diffusion.encode_drawn(source[None]).repeat(len(SEEDS), 1, 1, 1)
    diffusion.loader = replace(loader, guidance_rescale=0.0)
    try:
        drawn = ours(diffusion, 4.0, source=source, strength=strength)
    finally:
        diffusion.loader = loader
    # Given as latents: the pipeline would draw its own from what the encoder leaves open.
    expected = theirs(pipeline, diffusion, 4.0, image=latents, strength=strength)
    assert (drawn == expected).all()


@MOVING
def test_a_clip_has_the_pixels_of_the_animating_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from diffusers import AnimateDiffPipeline, MotionAdapter

    from gpu_consumers.engines.clip_drawing import Clip, ClipSettings
    from gpu_consumers.engines.latent_animation import load_latent_animation
    from gpu_consumers.engines.latent_diffusion import LatentDiffusion

    @contextmanager
    def as_it_is(_: LatentDiffusion) -> Iterator[None]:
        yield

    # The pipeline computes in the precision of its weights, and does not rescale guidance.
    monkeypatch.setattr(LatentDiffusion, "low_precision", as_it_is)
    animation = load_latent_animation(replace(LOADER, guidance_rescale=0.0), None, "cpu")
    settings = ClipSettings(256, 256, 6, 4, 4.0, 8)
    words = "a portrait of a person, nodding, smiling"
    drawn = animation.draw(Clip(words, "beard", 7), settings, lambda _step: None)

    adapter = MotionAdapter.from_pretrained(WEIGHTS_DIR / "motion_adapter")
    pipeline = AnimateDiffPipeline.from_pretrained(
        WEIGHTS_DIR, motion_adapter=adapter, dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    # It multiplies latents by the reciprocal of the factor where the other pipelines divide by it.
    factor, decode = pipeline.vae.config.scaling_factor, pipeline.decode_latents
    pipeline.vae.register_to_config(scaling_factor=1.0)
    pipeline.decode_latents = lambda latents, at_once: decode(latents / factor, at_once)
    expected = pipeline(
        words,
        negative_prompt="beard",
        num_frames=6,
        height=256,
        width=256,
        num_inference_steps=4,
        guidance_scale=4.0,
        latents=animation._noise(7, settings)[None],
        output_type="np",
    ).frames[0]
    assert (drawn == (expected * 255).round().astype(np.uint8)).all()


@MOVING
def test_pictures_and_clips_have_their_common_weights_once() -> None:
    from gpu_consumers.engines.latent_animation import with_motion
    from gpu_consumers.engines.model_loading import load_latent_diffusion

    diffusion = load_latent_diffusion(LOADER, None, "cpu")
    animation = with_motion(diffusion, None)
    held = {
        id(each): each for unet in (diffusion.network, animation.unet) for each in unet.parameters()
    }
    temporal = [
        each for name, each in animation.unet.named_parameters() if ".motion_modules." in name
    ]
    pictures = sum(math.prod(each.shape) for each in diffusion.network.parameters())
    added = sum(math.prod(each.shape) for each in held.values()) - pictures
    assert added == sum(math.prod(each.shape) for each in temporal)
