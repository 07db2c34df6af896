"""FLUX.2 klein: a flow transformer whose guidance makes two passes, and whose cells are 16 pixels.

The pipeline's tokens are our cells, row by row: all that a scheduler does to one it does to both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu

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

# The autoencoder's own cells, of which four make one that is drawn.
_PATCH_SIDE: Final = 2
# Distilled weights have learnt what guidance would have led to.
_NEVER: Final = Guidance(math.inf, FROM_UNGUIDED.lead)


class Flux2KleinModel(TwoPassFlowTransformer):
    """See `DiffusionModel`. Sides of pictures are multiples of one cell."""

    @property
    def guidance(self) -> Guidance:
        return _NEVER if self.pipeline.config.is_distilled else FROM_UNGUIDED

    @property
    def pixels_per_cell(self) -> int:
        """See `DiffusionModel.pixels_per_cell`."""
        return int(self.pipeline.vae_scale_factor) * _PATCH_SIDE

    def noise(self, seed: int, *, width: int, height: int) -> SeededNoise:
        """See `DiffusionModel.noise`. In the precision of the words, as the pipeline has it."""
        generator = torch.Generator("cpu").manual_seed(seed)
        cell = self.pixels_per_cell
        shape = (1, self.network.config.in_channels, height // cell, width // cell)
        dtype = self.pipeline.text_encoder.dtype
        (noise,) = torch.randn(shape, generator=generator, dtype=dtype).to(self.device)
        return SeededNoise(noise, generator)

    def set_times(self, scheduler: Any, num_inference_steps: int, noise: torch.Tensor) -> None:
        """See `DiffusionModel.set_times`."""
        height, width = noise.shape[-2:]
        shift = compute_empirical_mu(image_seq_len=height * width, num_steps=num_inference_steps)
        sigmas = np.linspace(1.0, 1 / num_inference_steps, num_inference_steps)
        scheduler.set_timesteps(sigmas=sigmas, mu=shift, device="cpu")

    @torch.no_grad()
    def embed(self, prompts: Sequence[str], *, chunks_max: int = CHUNKS_MAX) -> Conditioning:
        """See `DiffusionModel.embed`. There are no chunks: what goes beyond is not read.

        Every prompt has the same room: the network looks at what is left of it, too.
        """
        del chunks_max
        hidden, _ = self.pipeline.encode_prompt(list(prompts), device=self.device)
        return Conditioning(hidden, None)

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """See `DiffusionModel.predict`."""
        times = timesteps.expand(len(noisy)).to(self.device, noisy.dtype)
        tokens: torch.Tensor = self.network(
            hidden_states=tokens_of(noisy).to(self.network.dtype),
            timestep=times / self.scheduler.config.num_train_timesteps,
            guidance=None,
            encoder_hidden_states=words.hidden,
            txt_ids=self.pipeline._prepare_text_ids(words.hidden).to(self.device),
            img_ids=self.pipeline._prepare_latent_ids(noisy).to(self.device),
            return_dict=False,
        )[0]
        return cells_of(tokens, noisy)

    @torch.no_grad()
    def encode(self, pictures: Picture) -> torch.Tensor:
        """See `DiffusionModel.encode`."""
        vae = self.pipeline.vae
        signal = signal_of(pictures, self.device, vae.dtype)
        cells = vae.encode(signal).latent_dist.mode()
        latents = self.pipeline._patchify_latents(cells).float()
        mean, deviation = self._statistics(latents)
        scaled: torch.Tensor = (latents - mean) / deviation
        return scaled

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> Picture:
        """See `DiffusionModel.decode`."""
        vae = self.pipeline.vae
        return pictures_of(vae.decode(self.preview(latents).to(vae.dtype)).sample)

    def preview(self, latents: torch.Tensor) -> torch.Tensor:
        """See `DiffusionModel.preview`: as the autoencoder has them, four cells for each."""
        mean, deviation = self._statistics(latents)
        cells: torch.Tensor = self.pipeline._unpatchify_latents(latents * deviation + mean)
        return cells

    def _statistics(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and deviation of each channel, of the autoencoder's latents."""
        vae = self.pipeline.vae
        mean = vae.bn.running_mean.view(1, -1, 1, 1).to(latents.device, latents.dtype)
        variance = vae.bn.running_var.view(1, -1, 1, 1) + vae.config.batch_norm_eps
        return mean, torch.sqrt(variance).to(latents.device, latents.dtype)
