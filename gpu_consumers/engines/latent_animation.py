"""How a Stable Diffusion pipeline with an AnimateDiff motion adapter draws clips.

The motion UNet is the picture UNet with temporal layers between its own: the layers that both have
are the same objects, so that a twin's slots, and the weights, are in memory once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers import MotionAdapter, UNetMotionModel
from torch import nn

from gpu_consumers.engines.clip_drawing import Clip, ClipSettings, ClipTooLong, require_size
from gpu_consumers.engines.diffusion_model import Picture
from gpu_consumers.engines.engine_loader import EngineLoader, MotionConstants
from gpu_consumers.engines.frame_noise import frame_noise
from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.engines.loaded_engine import EngineAbsent
from gpu_consumers.engines.model_loading import load_latent_diffusion
from gpu_consumers.engines.row_track import LoopRow
from gpu_consumers.engines.sampling_loop import OnStep, Predict, sample
from gpu_consumers.engines.slot_bank import SlotBank

_DECODED_AT_ONCE: Final = 16


# The motion UNet takes no mask, which words of different lengths would need.
_CHUNKS_MAX: Final = 1


class LatentAnimation:
    """Clips on a loaded pipeline, through the motion UNet. Not thread-safe: one clip at a time."""

    def __init__(self, diffusion: LatentDiffusion, motion: MotionConstants, unet: Any) -> None:
        self._diffusion = diffusion
        self._motion = motion
        self._unet = unet
        self._frames_max: int = unet.config.motion_max_seq_length

    @property
    def unet(self) -> Any:
        """The motion UNet."""
        return self._unet

    @property
    def bank(self) -> SlotBank:
        """The twins of pictures and clips alike."""
        return self._diffusion.bank

    def draw(
        self,
        clip: Clip,
        settings: ClipSettings,
        on_step: OnStep,
        on_decoded: Callable[[int], None] | None = None,
    ) -> Picture:
        """See `ClipDrawer.draw`. With a first frame, fewer steps are made."""
        latents = self.draw_latents(clip, settings, on_step)
        parts = []
        for start in range(0, len(latents), _DECODED_AT_ONCE):
            parts.append(self._diffusion.decode(latents[start : start + _DECODED_AT_ONCE]))
            if on_decoded is not None:
                on_decoded(min(start + _DECODED_AT_ONCE, len(latents)))
        return np.concatenate(parts)

    def draw_latents(self, clip: Clip, settings: ClipSettings, on_step: OnStep) -> torch.Tensor:
        """As `draw`, without decoding: scaled latents (frames, channels, h, w)."""
        if settings.frames > self._frames_max:
            raise ClipTooLong(f"{settings.frames} frames, not {self._frames_max} or fewer")
        row = self._loop_row(clip, settings)
        with self._diffusion.low_precision():
            sampled = sample(
                _ClipDenoiser(self._diffusion, self._unet, clip, settings),
                self._diffusion.scheduler,
                [row],
                num_inference_steps=settings.num_inference_steps,
                guidance_rescale=self._diffusion.loader.guidance_rescale,
                on_step=on_step,
            )
        return sampled.latents[0].transpose(0, 1)

    def _loop_row(self, clip: Clip, settings: ClipSettings) -> LoopRow:
        noise = self._noise(clip.seed, settings)
        if clip.first_frame is None:
            return LoopRow(noise, settings.guidance_scale)
        first = self._first(clip.first_frame, settings)
        strength = self._motion.image_strength if clip.strength is None else clip.strength
        # The first frame is clean from the start and stays so. The others begin with what little of
        # the picture shows through, for a background and clothes that no word may have named.
        return LoopRow(
            noise, settings.guidance_scale, first.expand_as(noise), strength, first_frame=first
        )

    def _first(self, picture: Picture, settings: ClipSettings) -> torch.Tensor:
        """(channels, 1, h, w)."""
        require_size(picture, settings)
        return self._diffusion.encode_drawn(picture[None]).transpose(0, 1)

    def _noise(self, seed: int, settings: ClipSettings) -> torch.Tensor:
        """(channels, frames, h, w)."""
        cell = self._diffusion.pixels_per_cell
        noise = frame_noise(
            settings.frames,
            (self._unet.config.in_channels, settings.height // cell, settings.width // cell),
            shared_share=self._motion.shared_noise_share,
            generator=torch.Generator("cpu").manual_seed(seed),
        )
        return noise.transpose(0, 1).to(self._diffusion.device)


class _ClipDenoiser:
    """The motion UNet with the words and the twin of one clip; see `Denoiser`."""

    def __init__(
        self, diffusion: LatentDiffusion, unet: Any, clip: Clip, settings: ClipSettings
    ) -> None:
        self._diffusion = diffusion
        self._unet = unet
        self._twins = [clip.twin] * settings.frames
        if settings.guidance_scale > 1.0:
            within, without = diffusion.embed_guided(
                [clip.prompt], [clip.negative_prompt], chunks_max=_CHUNKS_MAX
            )
            words = without.then(within)
        else:
            words = diffusion.embed([clip.prompt], chunks_max=_CHUNKS_MAX)
        # Frames are folded into the batch, each with the words of its clip.
        self._words = words.hidden.repeat_interleave(settings.frames, dim=0)

    @contextmanager
    def showing(self, rows: Sequence[int], *, guided: bool) -> Iterator[Predict]:
        """See `Denoiser.showing`. There is one row, so that it is always all of them."""
        del rows, guided
        with self._diffusion.bank.rows(self._twins):
            yield self._predict

    def _predict(self, noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        guess: torch.Tensor = self._unet(noisy, timestep, encoder_hidden_states=self._words).sample
        return guess


def load_latent_animation(
    loader: EngineLoader, weights_dir: Path | None, device_name: str
) -> LatentAnimation:
    """Load the engine's pipeline and its motion adapter, offline, safetensors only.

    Raises EngineAbsent where either is missing, or the engine has no motion.
    """
    diffusion = load_latent_diffusion(loader, weights_dir, device_name)
    return with_motion(diffusion, weights_dir)


def with_motion(diffusion: LatentDiffusion, weights_dir: Path | None) -> LatentAnimation:
    """Load the motion adapter beside a pipeline that is there already; pictures stay as they are.

    Raises EngineAbsent where it is missing, or the engine has no motion.
    """
    loader = diffusion.loader
    directory = loader.weights_dir(weights_dir)
    if loader.motion is None or loader.motion.folder is None:
        raise EngineAbsent(loader.id, directory)
    adapter_dir = directory / loader.motion.folder
    if not (adapter_dir / "config.json").is_file():
        raise EngineAbsent(loader.id, adapter_dir)
    adapter = MotionAdapter.from_pretrained(
        adapter_dir, use_safetensors=True, local_files_only=True, dtype=diffusion.network.dtype
    )
    unet = UNetMotionModel.from_unet2d(diffusion.network, adapter)
    _share(diffusion.network, unet)
    unet.requires_grad_(requires_grad=False)
    return LatentAnimation(diffusion, loader.motion, unet.to(diffusion.device).eval())


def _share(ours: nn.Module, theirs: nn.Module) -> None:
    """Give every part that both have, and that is of one kind, from the first to the second."""
    for name, part in ours.named_children():
        if not hasattr(theirs, name):
            continue
        other = getattr(theirs, name)
        if type(part) is type(other) and not isinstance(part, nn.ModuleList):
            setattr(theirs, name, part)
        elif isinstance(other, nn.Module):
            _share(part, other)
