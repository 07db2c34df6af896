"""What the base model drew before it met the twin, so that training does not make it forget."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file

from gpu_consumers.engines.latent_diffusion import DrawSettings, LatentDiffusion, Row
from gpu_consumers.engines.out_of_memory import with_half_on_exhaustion

_SEED: Final = 20_000
_SHARE_PARTS: Final = 10_000
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
    rows = [
        Row(prompt, "", _SEED + number, constants.sample_guidance_scale)
        for number, prompt in enumerate(prompts)
    ]
    latents = with_half_on_exhaustion(
        lambda at_once: _drawn(diffusion, rows, settings, at_once, after_step),
        # As many as the engine ever holds: what else the card is for has been let go of.
        max(diffusion.loader.render_batch_max, constants.batch_size),
    )
    cache_dir.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    save_file({_LATENTS: latents.contiguous()}, partial)
    os.replace(partial, path)
    return ClassPrior(latents, prompts)


def class_pictures_due(step: int, *, batch_size: int, share: float) -> int:
    """How many rows of this step's batch are the base model's own, so that `share` of all are.

    Of a batch that is too small for one of them every n-th step has one: of one row at a share of a
    quarter, every fourth step is a class picture and nothing else.
    """
    # Counted in whole hundredths of a per cent: the float 0.1 adds up to too few.
    parts = round(share * _SHARE_PARTS) * batch_size
    return (step + 1) * parts // _SHARE_PARTS - step * parts // _SHARE_PARTS


def _drawn(
    diffusion: LatentDiffusion,
    rows: Sequence[Row],
    settings: DrawSettings,
    at_once: int,
    after_step: Callable[[], None],
) -> torch.Tensor:
    parts = []
    for start in range(0, len(rows), at_once):
        with diffusion.low_precision():
            parts.append(
                diffusion.draw_latents(
                    rows[start : start + at_once], settings, lambda _step: after_step()
                )
            )
    return torch.cat(parts).cpu()


def _name(diffusion: LatentDiffusion, size: tuple[int, int], prompts: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\n".join(prompts).encode())
    # One layer stands for the weights: another model under the same name gets another file.
    first = next(iter(diffusion.network.parameters())).detach().float().cpu().contiguous()
    digest.update(first.numpy().tobytes())
    return f"class-prior-{diffusion.loader.id}-{size[0]}x{size[1]}-{digest.hexdigest()[:16]}"
