"""How a Stable Diffusion pipeline directory is loaded and driven: one code for every size of it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass
from gpu_consumers.engines.loaded_engine import EngineAbsent
from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

# Told the number of steps done and the latents (rows, channels, h, w); raises to stop at once.
OnStep = Callable[[int, torch.Tensor], None]


@dataclass(frozen=True)
class Row:
    """One picture of a batch. Everything here may differ between rows."""

    prompt: str
    negative_prompt: str
    seed: int
    twin: RowTwin | None = None


@dataclass(frozen=True)
class DrawSettings:
    """What all rows of a batch share. Width and height in pixels, as drawn."""

    width: int
    height: int
    num_inference_steps: int
    guidance_scale: float


@dataclass(frozen=True)
class Conditioning:
    """Encoded prompts: hidden (n, tokens, width), pooled (n, width) where the UNet wants it."""

    hidden: torch.Tensor
    pooled: torch.Tensor | None

    def pick(self, indices: torch.Tensor) -> Conditioning:
        pooled = None if self.pooled is None else self.pooled[indices]
        return Conditioning(self.hidden[indices], pooled)


class LatentDiffusion:
    """A loaded pipeline: prompts to vectors, pictures to latents, noise to pictures."""

    def __init__(self, loader: EngineLoader, pipeline: Any, device: torch.device) -> None:
        self.loader = loader
        self.device = device
        self._pipeline = pipeline
        pipeline.set_progress_bar_config(disable=True)
        self.bank = SlotBank(
            self.unet,
            loader.twin.lora_targets,
            slots=loader.slots,
            rank_max=loader.rank_max,
            unguided_share=loader.twin_share_unguided,
        )

    @property
    def unet(self) -> Any:
        return self._pipeline.unet

    @property
    def pixels_per_cell(self) -> int:
        """How many pixels of height or width one latent cell stands for."""
        return int(self._pipeline.vae_scale_factor)

    @property
    def scheduler(self) -> Any:
        return self._pipeline.scheduler

    @torch.no_grad()
    def embed(self, prompts: Sequence[str]) -> Conditioning:
        """Encode prompts on the device, without guidance's empty halves."""
        arguments = {
            "device": self.device,
            "num_images_per_prompt": 1,
            "do_classifier_free_guidance": False,
        }
        encoded = self._pipeline.encode_prompt(prompt=list(prompts), **arguments)
        if self.loader.pipeline_class is PipelineClass.STABLE_DIFFUSION_XL:
            return Conditioning(encoded[0], encoded[2])
        return Conditioning(encoded[0], None)

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """The UNet's guess for noisy latents (n, channels, h, w); gradients flow."""
        arguments: dict[str, Any] = {}
        if words.pooled is not None:
            height, width = (side * self.pixels_per_cell for side in noisy.shape[2:])
            # Original size, crop, target size: a training photo is shown whole.
            sizes = torch.tensor([[height, width, 0, 0, height, width]], device=self.device)
            arguments["added_cond_kwargs"] = {
                "text_embeds": words.pooled,
                "time_ids": sizes.to(words.pooled.dtype).repeat(len(noisy), 1),
            }
        guess: torch.Tensor = self.unet(
            noisy, timesteps, encoder_hidden_states=words.hidden, **arguments
        ).sample
        return guess

    @torch.no_grad()
    def encode(self, pictures: NDArray[np.uint8]) -> torch.Tensor:
        """Pictures (n, height, width, 3) RGB to scaled latents (n, channels, h, w), float32."""
        vae = self._pipeline.vae
        signal = torch.from_numpy(pictures).to(self.device, vae.dtype).permute(0, 3, 1, 2)
        latents = vae.encode(signal / 127.5 - 1).latent_dist.mode().float()
        shift = getattr(vae.config, "shift_factor", None) or 0.0
        scaled: torch.Tensor = (latents - shift) * vae.config.scaling_factor
        return scaled

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> NDArray[np.uint8]:
        """Scaled latents (n, channels, h, w) to pictures (n, height, width, 3) RGB."""
        vae = self._pipeline.vae
        shift = getattr(vae.config, "shift_factor", None) or 0.0
        signal = vae.decode((latents / vae.config.scaling_factor + shift).to(vae.dtype)).sample
        levels = ((signal.float().clamp(-1, 1) + 1) * 127.5).round().byte()
        pictures: NDArray[np.uint8] = levels.permute(0, 2, 3, 1).cpu().numpy()
        return pictures

    def encode_pictures(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `encode`, for who knows no tensors."""
        return self.encode(pictures).cpu().numpy()

    def draw(
        self, rows: Sequence[Row], settings: DrawSettings, on_step: OnStep
    ) -> NDArray[np.uint8]:
        """Draw all rows as one batch. Returns RGB (rows, height, width, 3)."""
        pictures = self._run(rows, settings, on_step, output_type="np")
        finished: NDArray[np.uint8] = (pictures * 255).round().clip(0, 255).astype(np.uint8)
        return finished

    def draw_latents(
        self, rows: Sequence[Row], settings: DrawSettings, on_step: OnStep
    ) -> torch.Tensor:
        """As `draw`, without decoding: scaled latents (rows, channels, h, w)."""
        latents: torch.Tensor = self._run(rows, settings, on_step, output_type="latent")
        return latents.float()

    def _run(
        self, rows: Sequence[Row], settings: DrawSettings, on_step: OnStep, *, output_type: str
    ) -> Any:
        def after_step(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> Any:
            del pipeline, timestep
            on_step(step + 1, tensors["latents"])
            return {}

        with self.bank.rows([row.twin for row in rows]):
            drawn = self._pipeline(
                prompt=[row.prompt for row in rows],
                negative_prompt=[row.negative_prompt for row in rows],
                width=settings.width,
                height=settings.height,
                num_inference_steps=settings.num_inference_steps,
                guidance_scale=settings.guidance_scale,
                guidance_rescale=self.loader.guidance_rescale,
                # Seeded on the CPU, one a row: the same noise on every device and in every batch.
                generator=[torch.Generator("cpu").manual_seed(row.seed) for row in rows],
                output_type=output_type,
                callback_on_step_end=after_step,
            )
        return drawn.images

    @contextmanager
    def low_precision(self) -> Iterator[None]:
        """Inside, the UNet computes in bfloat16 where that is faster; weights stay as they are."""
        with torch.autocast(self.device.type, torch.bfloat16):
            yield

    def release_memory(self) -> None:
        """Give back what a failed attempt left on the device."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def load_latent_diffusion(
    loader: EngineLoader, weights_dir: Path | None, device_name: str
) -> LatentDiffusion:
    """Load the engine's pipeline from its directory, offline, safetensors only.

    `device_name`: "cpu", "cuda", or "auto". Raises EngineAbsent where the directory holds none.
    """
    directory = loader.weights_dir(weights_dir)
    if not (directory / "model_index.json").is_file():
        raise EngineAbsent(loader.id, directory)
    device = chosen_device(device_name)
    arguments: dict[str, Any] = {}
    if loader.pipeline_class is PipelineClass.STABLE_DIFFUSION:
        # Screening is a process of its own and reads what was written; see `screening/`.
        arguments = {"safety_checker": None, "requires_safety_checker": False}
    pipeline = getattr(diffusers, loader.pipeline_class.value).from_pretrained(
        directory,
        use_safetensors=True,
        local_files_only=True,
        dtype=torch.float32 if device.type == "cpu" else torch.bfloat16,
        **arguments,
    )
    pipeline.unet.requires_grad_(requires_grad=False)
    return LatentDiffusion(loader, pipeline.to(device), device)


def chosen_device(name: str) -> torch.device:
    """ "cpu", "cuda", or "auto": the GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)
