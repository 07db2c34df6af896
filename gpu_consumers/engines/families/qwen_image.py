"""Qwen-Image: a flow transformer whose guidance makes two passes and keeps the guided one's length.

The pipeline's tokens are our cells, row by row, of four of its autoencoder's cells each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import calculate_shift

from gpu_consumers.engines.diffusion_model import Picture, SeededNoise
from gpu_consumers.engines.families.flow_transformer import (
    TwoPassFlowTransformer,
    cells_of,
    tokens_of,
)
from gpu_consumers.engines.guidance import FROM_UNGUIDED, Guidance
from gpu_consumers.engines.picture_autoencoder import pictures_of, signal_of
from gpu_consumers.engines.prompt_chunks import CHUNKS_MAX
from gpu_consumers.engines.prompt_encoding import Conditioning

_PATCH_SIDE: Final = 2
# All that its tokenizer lets through.
_TOKENS_MAX: Final = 1024


class QwenImageModel(TwoPassFlowTransformer):
    """See `DiffusionModel`. Sides of pictures are multiples of one cell."""

    @property
    def guidance(self) -> Guidance:
        return _AS_LONG_AS_GUIDED

    @property
    def pixels_per_cell(self) -> int:
        """See `DiffusionModel.pixels_per_cell`."""
        return int(self.pipeline.vae_scale_factor) * _PATCH_SIDE

    def noise(self, seed: int, *, width: int, height: int) -> SeededNoise:
        """See `DiffusionModel.noise`. In the precision of the words, as the pipeline has it."""
        generator = torch.Generator("cpu").manual_seed(seed)
        channels = self.network.config.in_channels // _PATCH_SIDE**2
        sides = [side // self.pipeline.vae_scale_factor for side in (height, width)]
        dtype = self.pipeline.text_encoder.dtype
        noise = torch.randn(1, channels, *sides, generator=generator, dtype=dtype)
        return SeededNoise(_patched(noise)[0].to(self.device), generator)

    def set_times(self, scheduler: Any, num_inference_steps: int, noise: torch.Tensor) -> None:
        """See `DiffusionModel.set_times`."""
        height, width = noise.shape[-2:]
        settings = scheduler.config
        shift = calculate_shift(
            height * width,
            settings.get("base_image_seq_len", 256),
            settings.get("max_image_seq_len", 4096),
            settings.get("base_shift", 0.5),
            settings.get("max_shift", 1.15),
        )
        sigmas = np.linspace(1.0, 1 / num_inference_steps, num_inference_steps)
        scheduler.set_timesteps(sigmas=sigmas, mu=shift, device="cpu")

    @torch.no_grad()
    def embed(self, prompts: Sequence[str], *, chunks_max: int = CHUNKS_MAX) -> Conditioning:
        """See `DiffusionModel.embed`. There are no chunks: a prompt is read as one."""
        del chunks_max
        hidden, mask = self.pipeline.encode_prompt(
            list(prompts), device=self.device, max_sequence_length=_TOKENS_MAX
        )
        return Conditioning(hidden, None, mask)

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """See `DiffusionModel.predict`."""
        times = timesteps.expand(len(noisy)).to(self.device, noisy.dtype)
        tokens: torch.Tensor = self.network(
            hidden_states=tokens_of(noisy).to(self.network.dtype),
            timestep=times / self.scheduler.config.num_train_timesteps,
            encoder_hidden_states=words.hidden,
            encoder_hidden_states_mask=words.mask,
            # One frame each.
            img_shapes=[[(1, *noisy.shape[2:])]] * len(noisy),
            return_dict=False,
        )[0]
        return cells_of(tokens, noisy)

    @torch.no_grad()
    def encode(self, pictures: Picture) -> torch.Tensor:
        """See `DiffusionModel.encode`."""
        vae = self.pipeline.vae
        signal = signal_of(pictures, self.device, vae.dtype)
        cells = vae.encode(signal.unsqueeze(2)).latent_dist.mode().squeeze(2).float()
        mean, inverse = self._statistics(cells)
        return _patched((cells - mean) * inverse)

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> Picture:
        """See `DiffusionModel.decode`."""
        vae = self.pipeline.vae
        cells = self.preview(latents.to(vae.dtype))
        return pictures_of(vae.decode(cells.unsqueeze(2)).sample[:, :, 0])

    def preview(self, latents: torch.Tensor) -> torch.Tensor:
        """See `DiffusionModel.preview`: as the autoencoder has them, four cells for each."""
        cells = _unpatched(latents)
        mean, inverse = self._statistics(cells)
        return cells / inverse + mean

    def _statistics(self, cells: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of each channel of the autoencoder: its mean, and one over its deviation."""
        settings = self.pipeline.vae.config
        mean, deviation = (
            torch.tensor(values).view(1, -1, 1, 1)
            for values in (settings.latents_mean, settings.latents_std)
        )
        return mean.to(cells), (1.0 / deviation).to(cells)


def _as_long_as_guided(
    without: torch.Tensor, within: torch.Tensor, scale: float | torch.Tensor
) -> torch.Tensor:
    """Cell by cell: guidance turns the prediction, and makes it no longer."""
    led = FROM_UNGUIDED.lead(without, within, scale)
    return led * (_lengths(within) / _lengths(led))


def _lengths(cells: torch.Tensor) -> torch.Tensor:
    """(n, 1, h, w), summed as the pipeline sums its tokens, to the last bit."""
    lengths = torch.norm(tokens_of(cells).contiguous(), dim=-1, keepdim=True)
    return cells_of(lengths, cells)


_AS_LONG_AS_GUIDED: Final = Guidance(FROM_UNGUIDED.free_at, _as_long_as_guided)


def _patched(cells: torch.Tensor) -> torch.Tensor:
    """(n, channels, h, w) to (n, 4 × channels, h / 2, w / 2), as the pipeline packs its tokens."""
    return torch.nn.functional.pixel_unshuffle(cells, _PATCH_SIDE)


def _unpatched(latents: torch.Tensor) -> torch.Tensor:
    """What `_patched` made, as it was."""
    return torch.nn.functional.pixel_shuffle(latents, _PATCH_SIDE)
