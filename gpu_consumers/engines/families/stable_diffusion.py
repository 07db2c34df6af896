"""Stable Diffusion 1.5 and XL, and whatever has their architecture: a UNet that CLIP speaks to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from diffusers.models.attention_processor import AttnProcessor

from gpu_consumers.engines.diffusion_model import Picture, SeededNoise
from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass
from gpu_consumers.engines.guidance import FROM_UNGUIDED, Guidance
from gpu_consumers.engines.picture_autoencoder import decoded, encoded
from gpu_consumers.engines.prompt_chunks import CHUNKS_MAX
from gpu_consumers.engines.prompt_encoding import Conditioning, PromptEncoder
from gpu_consumers.engines.row_track import evenly
from gpu_consumers.engines.sampling_loop import Predict
from gpu_consumers.engines.slot_bank import RowTwin, SlotBank
from gpu_consumers.training.noise import DiscreteNoise, TrainingNoise

if TYPE_CHECKING:
    from gpu_consumers.engines.clip_drawing import ClipDrawer


class StableDiffusionModel:
    """See `DiffusionModel`. Guidance makes one pass of both halves, the unguided one first."""

    def __init__(self, loader: EngineLoader, pipeline: Any, device: torch.device) -> None:
        self.loader = loader
        self.device = device
        self.pipeline = pipeline
        self._words = PromptEncoder(
            pipeline,
            device,
            is_xl=loader.pipeline_class is PipelineClass.STABLE_DIFFUSION_XL,
            weighs_words=loader.weighs_words,
        )
        self.bank = SlotBank(
            self.network,
            loader.twin.lora_targets,
            slots=loader.slots,
            rank_max=loader.rank_max,
            unguided_share=loader.twin_share_unguided,
        )

    @property
    def network(self) -> Any:
        return self.pipeline.unet

    @property
    def component(self) -> str:
        return self.loader.pipeline_class.component

    @property
    def scheduler(self) -> Any:
        return self.pipeline.scheduler

    @property
    def guidance(self) -> Guidance:
        return FROM_UNGUIDED

    @property
    def pixels_per_cell(self) -> int:
        """See `DiffusionModel.pixels_per_cell`."""
        return int(self.pipeline.vae_scale_factor)

    @property
    def drawn_scale(self) -> int:
        """See `DiffusionModel.drawn_scale`. A decoder may have more stages than its encoder."""
        config = self.pipeline.vae.config
        stages = config.get("down_block_out_channels") or config.block_out_channels
        return int(self.pixels_per_cell // 2 ** (len(stages) - 1))

    def noise(self, seed: int, *, width: int, height: int) -> SeededNoise:
        """See `DiffusionModel.noise`. In the precision of the words, as the pipelines have it."""
        # Seeded on the CPU, one a row: the same noise on every device and in every batch.
        generator = torch.Generator("cpu").manual_seed(seed)
        cell = self.pixels_per_cell
        shape = (1, self.network.config.in_channels, height // cell, width // cell)
        (noise,) = torch.randn(shape, generator=generator, dtype=self._words.dtype).to(self.device)
        return SeededNoise(noise, generator)

    def set_times(self, scheduler: Any, num_inference_steps: int, noise: torch.Tensor) -> None:
        """See `DiffusionModel.set_times`."""
        evenly(scheduler, num_inference_steps, noise)

    def embed(self, prompts: Sequence[str], *, chunks_max: int = CHUNKS_MAX) -> Conditioning:
        """See `PromptEncoder.encode`."""
        return self._words.encode(prompts, chunks_max=chunks_max)

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """See `DiffusionModel.predict`."""
        arguments: dict[str, Any] = {}
        if words.pooled is not None:
            height, width = (side * self.pixels_per_cell for side in noisy.shape[2:])
            # Original size, crop, target size: a training photo is shown whole.
            sizes = torch.tensor([[height, width, 0, 0, height, width]], device=self.device)
            arguments["added_cond_kwargs"] = {
                "text_embeds": words.pooled,
                "time_ids": sizes.to(words.pooled.dtype).repeat(len(noisy), 1),
            }
        if words.mask is not None:
            arguments["encoder_attention_mask"] = words.mask
        guess: torch.Tensor = self.network(
            noisy, timesteps, encoder_hidden_states=words.hidden, **arguments
        ).sample
        return guess

    @contextmanager
    def showing(
        self,
        twins: Sequence[RowTwin | None],
        within: Conditioning,
        without: Conditioning | None,
    ) -> Iterator[Predict]:
        """See `DiffusionModel.showing`."""
        words = within if without is None else without.then(within)
        with self.bank.rows(twins):
            yield lambda noisy, timestep: self.predict(noisy, timestep, words)

    def encode(self, pictures: Picture) -> torch.Tensor:
        """See `DiffusionModel.encode`."""
        return encoded(self.pipeline.vae, pictures, self.device)

    def decode(self, latents: torch.Tensor) -> Picture:
        """See `DiffusionModel.decode`."""
        return decoded(self.pipeline.vae, latents)

    def preview(self, latents: torch.Tensor) -> torch.Tensor:
        """See `DiffusionModel.preview`: they are that already."""
        return latents

    def training_noise(self) -> TrainingNoise:
        """See `DiffusionModel.training_noise`."""
        return DiscreteNoise(self.scheduler, self.device, snr_cap=self.loader.twin.snr_cap)

    def clips(self) -> ClipDrawer | None:
        """See `DiffusionModel.clips`."""
        return None

    @contextmanager
    def in_training(self) -> Iterator[None]:
        """See `DiffusionModel.in_training`."""
        processors = dict(self.network.attn_processors)
        if self.device.type == "cpu":
            # The fused attention's backward pass takes a quarter of a step on a CPU; this not.
            self.network.set_attn_processor(AttnProcessor())
        try:
            yield
        finally:
            self.network.set_attn_processor(processors)
