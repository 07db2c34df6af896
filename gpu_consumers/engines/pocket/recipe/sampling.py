"""How many pictures are drawn at once for evaluation; the engine itself uses the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.recipe.batches import to_pictures
from gpu_consumers.engines.pocket.recipe.noise_schedule import make_scheduler
from gpu_consumers.engines.pocket.world.frame import SQUARE, Frame

STEPS: Final = 20
GUIDANCE_SCALE: Final = 3.0
GUIDANCE_RESCALE: Final = 0.7
_BATCH: Final = 50
_LATENT_CELL_PX: Final = 4


@torch.no_grad()
def draw(
    pipeline: Any,
    prompts: Sequence[str],
    *,
    negative_prompt: str = "",
    frame: Frame = SQUARE,
    seed: int = 0,
    guidance_scale: float = GUIDANCE_SCALE,
) -> NDArray[np.uint8]:
    """One picture a prompt, as the readers were trained: (n, frame.height, frame.width, 3), RGB.

    What a large decoder draws is shrunk to that; see `draw_whole`.
    """
    pictures = draw_whole(
        pipeline,
        prompts,
        negative_prompt=negative_prompt,
        frame=frame,
        seed=seed,
        guidance_scale=guidance_scale,
    )
    return np.stack([shrunk(picture, frame) for picture in pictures])


@torch.no_grad()
def draw_whole(
    pipeline: Any,
    prompts: Sequence[str],
    *,
    negative_prompt: str = "",
    frame: Frame = SQUARE,
    seed: int = 0,
    guidance_scale: float = GUIDANCE_SCALE,
) -> NDArray[np.uint8]:
    """One picture a prompt, as large as it is drawn: uint8 RGB (n, height, width, 3)."""
    latents = draw_latents(
        pipeline,
        prompts,
        negative_prompt=negative_prompt,
        frame=frame,
        seed=seed,
        guidance_scale=guidance_scale,
    )
    parts = [
        decode(pipeline, latents[start : start + _BATCH])
        for start in range(0, len(latents), _BATCH)
    ]
    return np.concatenate(parts)


@torch.no_grad()
def draw_latents(
    pipeline: Any,
    prompts: Sequence[str],
    *,
    negative_prompt: str = "",
    frame: Frame = SQUARE,
    seed: int = 0,
    guidance_scale: float = GUIDANCE_SCALE,
) -> torch.Tensor:
    """One latent a prompt: (n, 4, h, w), in units of one deviation.

    The same arithmetic as StableDiffusionPipeline with guidance_rescale, in bfloat16.
    """
    device = pipeline.unet.device
    scheduler = make_scheduler()
    generator = torch.Generator().manual_seed(seed)
    height, width = frame.height // _LATENT_CELL_PX, frame.width // _LATENT_CELL_PX
    noise = torch.randn(len(prompts), 4, height, width, generator=generator)
    said, unsaid = encode(pipeline, prompts), encode(pipeline, [negative_prompt])
    parts = []
    for start in range(0, len(prompts), _BATCH):
        latents = noise[start : start + _BATCH].to(device)
        count = len(latents)
        both = torch.cat([unsaid.expand(count, -1, -1), said[start : start + count]])
        scheduler.set_timesteps(STEPS)
        latents = denoise(
            pipeline, latents, both, scheduler, scheduler.timesteps, guidance_scale=guidance_scale
        )
        parts.append(latents)
    return torch.cat(parts)


@torch.no_grad()
def denoise(
    pipeline: Any,
    latents: torch.Tensor,
    words: torch.Tensor,
    scheduler: Any,
    timesteps: torch.Tensor,
    *,
    guidance_scale: float,
) -> torch.Tensor:
    """Latents (n, 4, h, w) through these steps; `words`: the n unsaid, then the n said."""
    for timestep in timesteps:
        with torch.autocast(latents.device.type, torch.bfloat16):
            guess = pipeline.unet(torch.cat([latents, latents]), timestep, words).sample
        without, within = guess.float().chunk(2)
        guided = without + guidance_scale * (within - without)
        deviation = within.std((1, 2, 3), keepdim=True) / guided.std((1, 2, 3), keepdim=True)
        guided = guided * (GUIDANCE_RESCALE * deviation + 1 - GUIDANCE_RESCALE)
        latents = scheduler.step(guided, timestep, latents, eta=0.0).prev_sample
    return latents


@torch.no_grad()
def encode(pipeline: Any, prompts: Sequence[str]) -> torch.Tensor:
    """(n, tokens, width) text states."""
    tokenizer = pipeline.tokenizer
    ids = tokenizer(
        list(prompts),
        padding="max_length",
        truncation=True,
        max_length=tokenizer.model_max_length,
        return_tensors="pt",
    ).input_ids
    states: torch.Tensor = pipeline.text_encoder(ids.to(pipeline.unet.device)).last_hidden_state
    return states


def shrunk(picture: NDArray[np.uint8], frame: Frame = SQUARE) -> NDArray[np.uint8]:
    """A picture of any size at the size of `frame`, by averages of areas."""
    size = (frame.width, frame.height)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


@torch.no_grad()
def decode(pipeline: Any, latents: torch.Tensor) -> NDArray[np.uint8]:
    signal = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    return to_pictures(signal)
