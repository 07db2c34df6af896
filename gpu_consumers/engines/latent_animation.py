"""How a Stable Diffusion pipeline with an AnimateDiff motion adapter draws clips.

The twin's LoRA was learnt on the picture UNet; the motion UNet holds the same layers under the
same names, with the frames folded into the batch, so the same file goes into the same slots.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers import AnimateDiffPipeline, MotionAdapter
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg
from numpy.typing import NDArray

from gpu_consumers.engines.engine_loader import EngineLoader, MotionConstants
from gpu_consumers.engines.frame_noise import frame_noise
from gpu_consumers.engines.latent_diffusion import LatentDiffusion, OnStep, chosen_device
from gpu_consumers.engines.loaded_engine import EngineAbsent
from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

_DECODED_AT_ONCE: Final = 16


class ClipTooLong(ValueError):
    """More frames than the motion adapter has positions for."""


class FirstFrameMisfit(ValueError):
    """The picture to be animated has another size than the clip."""


@dataclass(frozen=True)
class Clip:
    """What is to be drawn. `first_frame`: uint8 RGB (height, width, 3), or None for words alone."""

    prompt: str
    negative_prompt: str
    seed: int
    twin: RowTwin | None = None
    first_frame: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class ClipSettings:
    """Width and height in pixels, as drawn."""

    width: int
    height: int
    frames: int
    num_inference_steps: int
    guidance_scale: float


class LatentAnimation:
    """A loaded AnimateDiff pipeline. Not thread-safe: one clip at a time."""

    def __init__(self, loader: EngineLoader, pipeline: Any, device: torch.device) -> None:
        assert loader.motion is not None
        self._motion: MotionConstants = loader.motion
        self._diffusion = LatentDiffusion(loader, pipeline, device)
        self._frames_max: int = pipeline.unet.config.motion_max_seq_length

    @property
    def unet(self) -> Any:
        return self._diffusion.unet

    @property
    def bank(self) -> SlotBank:
        return self._diffusion.bank

    def draw(self, clip: Clip, settings: ClipSettings, on_step: OnStep) -> NDArray[np.uint8]:
        """Draw a clip. Returns RGB (frames, height, width, 3); the same for the same seed.

        `on_step` is told the steps done and the latents (frames, channels, h, w). With a first
        frame, that picture is the clip's first one, as far as the autoencoder keeps it, and fewer
        steps are made. Raises ClipTooLong, FirstFrameMisfit, or what `on_step` raises.
        """
        if settings.frames > self._frames_max:
            raise ClipTooLong(f"{settings.frames} frames, not {self._frames_max} or fewer")
        first = None if clip.first_frame is None else self._first(clip.first_frame, settings)
        with self._showing(clip.twin, settings.frames):
            latents = self._denoised(clip, settings, first, on_step)
        parts = [
            self._diffusion.decode(latents[start : start + _DECODED_AT_ONCE])
            for start in range(0, len(latents), _DECODED_AT_ONCE)
        ]
        return np.concatenate(parts)

    def _first(self, picture: NDArray[np.uint8], settings: ClipSettings) -> torch.Tensor:
        """(1, channels, h, w)."""
        if picture.shape[:2] != (settings.height, settings.width):
            raise FirstFrameMisfit(
                f"{picture.shape[1]}x{picture.shape[0]}, not {settings.width}x{settings.height}"
            )
        return self._diffusion.encode(picture[None])

    @contextmanager
    def _showing(self, twin: RowTwin | None, frames: int) -> Iterator[None]:
        with self.bank.rows([twin] * frames), self._diffusion.low_precision():
            yield

    @torch.no_grad()
    def _denoised(
        self, clip: Clip, settings: ClipSettings, first: torch.Tensor | None, on_step: OnStep
    ) -> torch.Tensor:
        scheduler, frames = self._diffusion.scheduler, settings.frames
        words = self._diffusion.embed([clip.negative_prompt, clip.prompt]).hidden
        words = words.repeat_interleave(frames, dim=0)
        scheduler.set_timesteps(settings.num_inference_steps, device=self._diffusion.device)
        noise = self._noise(clip.seed, settings)
        if first is None:
            timesteps = scheduler.timesteps
            latents: torch.Tensor = noise * scheduler.init_noise_sigma
        else:
            timesteps, latents = self._begun_from(first, noise)
        for step, timestep in enumerate(timesteps):
            guess = self._guess(latents, timestep, words, settings.guidance_scale)
            latents = scheduler.step(guess, timestep, latents, return_dict=False)[0]
            if first is not None:
                latents[:1] = first
            on_step(step + 1, latents)
        return latents

    def _noise(self, seed: int, settings: ClipSettings) -> torch.Tensor:
        cell = self._diffusion.pixels_per_cell
        channels = self._diffusion.unet.config.in_channels
        noise = frame_noise(
            settings.frames,
            (channels, settings.height // cell, settings.width // cell),
            shared_share=self._motion.shared_noise_share,
            generator=torch.Generator("cpu").manual_seed(seed),
        )
        return noise.to(self._diffusion.device)

    def _begun_from(
        self, first: torch.Tensor, noise: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The timesteps left, and every frame as the picture under nearly all of the noise.

        The first frame is clean from the start and stays so. The others begin with what little of
        the picture shows through, for a background and clothes that no word may have named.
        """
        scheduler = self._diffusion.scheduler
        skipped = round(len(scheduler.timesteps) * (1 - self._motion.image_strength))
        timesteps = scheduler.timesteps[skipped:]
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(skipped)
        latents = scheduler.add_noise(first.expand_as(noise), noise, timesteps[:1])
        latents[:1] = first
        return timesteps, latents

    def _guess(
        self, latents: torch.Tensor, timestep: torch.Tensor, words: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """The guided prediction (frames, channels, h, w), rescaled frame by frame."""
        unet, scheduler = self._diffusion.unet, self._diffusion.scheduler
        frames_last = scheduler.scale_model_input(latents, timestep).transpose(0, 1)
        both = frames_last[None].expand(2, -1, -1, -1, -1)
        guess = unet(both, timestep, encoder_hidden_states=words).sample.float()
        without, within = guess.transpose(1, 2)
        guided = without + guidance * (within - without)
        rescale = self._diffusion.loader.guidance_rescale
        rescaled: torch.Tensor = rescale_noise_cfg(guided, within, rescale) if rescale else guided
        return rescaled


def load_latent_animation(
    loader: EngineLoader, weights_dir: Path | None, device_name: str
) -> LatentAnimation:
    """Load the engine's pipeline and its motion adapter, offline, safetensors only.

    Raises EngineAbsent where either is missing, or the engine has no motion.
    """
    directory = loader.weights_dir(weights_dir)
    if not (directory / "model_index.json").is_file() or loader.motion is None:
        raise EngineAbsent(loader.id, directory)
    adapter_dir = directory / loader.motion.folder
    if not (adapter_dir / "config.json").is_file():
        raise EngineAbsent(loader.id, adapter_dir)
    device = chosen_device(device_name)
    arguments: dict[str, Any] = {
        "use_safetensors": True,
        "local_files_only": True,
        "dtype": torch.float32 if device.type == "cpu" else torch.bfloat16,
    }
    adapter = MotionAdapter.from_pretrained(adapter_dir, **arguments)
    pipeline = AnimateDiffPipeline.from_pretrained(directory, motion_adapter=adapter, **arguments)
    pipeline.unet.requires_grad_(requires_grad=False)
    return LatentAnimation(loader, pipeline.to(device), device)
