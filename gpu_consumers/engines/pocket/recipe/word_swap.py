"""How much the denoiser listens to a word: the error rises when the word is exchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch

from gpu_consumers.engines.pocket.recipe.attributes import LABELS
from gpu_consumers.engines.pocket.recipe.noise_schedule import NoiseSchedule
from gpu_consumers.engines.pocket.recipe.picture_set import HELD_OUT_EACH, Bucket
from gpu_consumers.engines.pocket.world.vocabulary import VOCABULARY

SWAPS: Final[dict[str, dict[str, str]]] = {
    "left-right": {"left": "right", "right": "left"},
    "smile-frown": {
        "smiling": "frowning",
        "smile": "frown",
        "happy": "sad",
        "frowning": "smiling",
        "frown": "smile",
        "sad": "happy",
        "angry": "happy",
    },
    "round-square": {"round": "square", "square": "round"},
    "hair-style": {"long": "spiky", "spiky": "long"},
}
_PICTURES: Final = 48
_TIMESTEP: Final = 700

Encode = Callable[[torch.Tensor], torch.Tensor]


@torch.no_grad()
def swap_rises(
    unet: Any, encode: Encode, bucket: Bucket, latents: torch.Tensor, device: str
) -> dict[str, float]:
    """Rise of the clean-latent error at a noisy timestep, as a share, for each swap.

    latents: (n, 4, h, w), the bucket's held-out ones; only plain pictures whose full caption
    contains one of the words count.
    """
    tokens = torch.from_numpy(bucket.tokens[-HELD_OUT_EACH:, -1].astype(np.int64))
    plain = bucket.labels["style"][-HELD_OUT_EACH:] == LABELS["style"].index("plain")
    schedule = NoiseSchedule(device)
    rises = {}
    for name, words in SWAPS.items():
        swapped = tokens.clone()
        for word, other in words.items():
            swapped[tokens == VOCABULARY[word]] = VOCABULARY[other]
        changed = (swapped != tokens).any(1).numpy() & plain
        picked = torch.from_numpy(np.nonzero(changed)[0][:_PICTURES])
        clean = latents[picked].to(device)
        generator = torch.Generator().manual_seed(_TIMESTEP)
        noise = torch.randn(clean.shape, generator=generator).to(device)
        timesteps = torch.full((len(clean),), _TIMESTEP, device=device)
        noisy, _ = schedule.mix(clean, noise, timesteps)
        errors = []
        for ids in (tokens[picked], swapped[picked]):
            with torch.autocast(device, torch.bfloat16):
                velocity = unet(noisy, timesteps, encode(ids.to(device))).sample
            guess = schedule.clean(noisy, velocity.float(), timesteps)
            errors.append(float(((guess - clean) ** 2).mean()))
        rises[name] = errors[1] / errors[0] - 1
    return rises
