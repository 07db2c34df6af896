"""What the base model drew before it met the twin, so that training does not make it forget."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file

from gpu_consumers.engines.latent_diffusion import DrawSettings, LatentDiffusion, Row

_BATCH: Final = 16
_SEED: Final = 20_000
_LATENTS: Final = "latents"


@dataclass(frozen=True)
class ClassPrior:
    """latents: (n, channels, h, w), scaled; prompts: what each was drawn from."""

    latents: torch.Tensor
    prompts: tuple[str, ...]


def class_prior(
    diffusion: LatentDiffusion,
    size: tuple[int, int],
    cache_dir: Path,
    after_step: Callable[[], None],
) -> ClassPrior:
    """The base model's own latents, drawn once per engine and kept in `cache_dir`.

    `size`: the width and height at which such pictures are encoded. `after_step` is called while
    they are drawn, and may raise to stop. Call it before the network is wrapped: what is drawn must
    not know the twin.
    """
    constants = diffusion.loader.twin
    prompts = tuple(constants.class_prompts(constants.class_pictures))
    path = cache_dir / f"{_name(diffusion, size, prompts)}.safetensors"
    if path.is_file():
        return ClassPrior(load_file(path)[_LATENTS].float(), prompts)
    settings = DrawSettings(*diffusion.drawn_size(size), constants.sample_steps)
    parts = []
    for start in range(0, len(prompts), _BATCH):
        rows = [
            Row(prompt, "", _SEED + start + index, constants.sample_guidance_scale)
            for index, prompt in enumerate(prompts[start : start + _BATCH])
        ]
        with diffusion.low_precision():
            drawn = diffusion.draw_latents(rows, settings, lambda _step: after_step())
        parts.append(drawn)
    latents = torch.cat(parts).cpu()
    cache_dir.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    save_file({_LATENTS: latents.contiguous()}, partial)
    os.replace(partial, path)
    return ClassPrior(latents, prompts)


def _name(diffusion: LatentDiffusion, size: tuple[int, int], prompts: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\n".join(prompts).encode())
    # One layer stands for the weights: another model under the same name gets another file.
    first = next(iter(diffusion.network.parameters())).detach().float().cpu().contiguous()
    digest.update(first.numpy().tobytes())
    return f"class-prior-{diffusion.loader.id}-{size[0]}x{size[1]}-{digest.hexdigest()[:16]}"
