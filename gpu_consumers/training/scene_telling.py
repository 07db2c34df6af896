"""What is in a photo, told by the engine itself: the words with which it best removes noise.

Training photos come without captions. What a caption leaves out, the twin's name has to carry: if
nobody says "blue background", the background becomes part of the face. A denoiser is a classifier
of what it was trained on, so no other model is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.training.noise import TrainingNoise

_SUBJECT: Final = "a portrait of a person"
# Shares of the schedule at which the words decide most: much noise, but not nothing else.
_NOISE_LEVELS: Final = (0.4, 0.55, 0.65, 0.75)
_SEED: Final = 7
# So many fit without gradients where one fits with them.
_ROWS_A_TRAINED_ONE: Final = 5


@torch.no_grad()
def tell_scenes(
    diffusion: LatentDiffusion,
    noise: TrainingNoise,
    photos: NDArray[np.uint8],
    after_each: Callable[[], None],
) -> list[tuple[str, ...]]:
    """One phrase of each row of `scene_choices` for every photo (n, height, width, 3).

    Chosen row by row, each knowing what was chosen before. `after_each` may raise to stop.
    """
    told: list[tuple[str, ...]] = [() for _ in photos]
    choices = diffusion.loader.twin.scene_choices
    if not choices:
        return told
    # One by one: twenty at once need more memory than any step of the training.
    latents = torch.cat([diffusion.encode(photo[None]) for photo in photos])
    for row in choices:
        errors = []
        for phrase in row:
            prompts = [", ".join([_SUBJECT, *said, phrase]) for said in told]
            errors.append(_errors(diffusion, noise, latents, prompts))
            after_each()
        chosen = torch.stack(errors).argmin(0).tolist()
        told = [(*said, row[index]) for said, index in zip(told, chosen, strict=True)]
    return told


def _errors(
    diffusion: LatentDiffusion, noise: TrainingNoise, latents: torch.Tensor, prompts: list[str]
) -> torch.Tensor:
    """(n,): how wrong the engine is about each photo with its prompt, at the same noise for all."""
    count = len(latents)
    levels = torch.tensor(_NOISE_LEVELS, device=latents.device)
    timesteps = (levels * noise.levels).long().repeat_interleave(count)
    repeated = latents.repeat(len(_NOISE_LEVELS), 1, 1, 1)
    generator = torch.Generator().manual_seed(_SEED)
    dirt = torch.randn(repeated.shape, generator=generator).to(latents.device)
    noisy, answer = noise.mix(repeated, dirt, timesteps)
    everywhere = torch.arange(count, device=latents.device).repeat(len(_NOISE_LEVELS))
    words = diffusion.embed(prompts).pick(everywhere)
    at_once = _ROWS_A_TRAINED_ONE * diffusion.loader.twin.batch_size
    errors = []
    for start in range(0, len(noisy), at_once):
        rows = slice(start, start + at_once)
        with diffusion.low_precision():
            guess = diffusion.predict(
                noisy[rows],
                timesteps[rows],
                words.pick(range(start, min(start + at_once, len(noisy)))),
            )
        errors.append(((guess.float() - answer[rows]) ** 2).mean((1, 2, 3)))
    return torch.cat(errors).view(len(_NOISE_LEVELS), count).mean(0)
