"""Stable Video Diffusion: moves a picture, and reads no words. It draws nobody by a twin's LoRA.

It is told how much moves and at which frame rate, and its guidance grows from the first frame to
the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from PIL import Image

from gpu_consumers.engines.clip_drawing import (
    Clip,
    ClipSettings,
    ClipTooLong,
    FirstFrameMisfit,
    require_size,
)
from gpu_consumers.engines.diffusion_model import Picture
from gpu_consumers.engines.engine_loader import EngineLoader, MotionConstants
from gpu_consumers.engines.guidance import Guidance
from gpu_consumers.engines.loaded_engine import PictureSpoilt
from gpu_consumers.engines.picture_autoencoder import pictures_of
from gpu_consumers.engines.row_track import LoopRow
from gpu_consumers.engines.sampling_loop import OnStep, Predict, sample

# Its decoder looks at neighbouring frames: fewer flicker, more do not fit beside the network.
DECODED_AT_ONCE: Final = 8
# How much moves, where nobody says: what its authors call usual.
_USUAL_BUCKET: Final = 127


class StableVideoClips:
    """See `ClipDrawer`: of clips that begin with a picture."""

    def __init__(
        self, loader: EngineLoader, motion: MotionConstants, pipeline: Any, device: torch.device
    ) -> None:
        self.loader = loader
        self.device = device
        self.pipeline = pipeline
        self._motion = motion

    def draw(
        self,
        clip: Clip,
        settings: ClipSettings,
        on_step: OnStep,
        on_decoded: Callable[[int], None] | None = None,
    ) -> Picture:
        """See `ClipDrawer.draw`. Raises PictureSpoilt besides."""
        latents = self.draw_latents(clip, settings, on_step)
        if not bool(latents.isfinite().all()):
            raise PictureSpoilt
        parts = []
        for start in range(0, len(latents), DECODED_AT_ONCE):
            parts.append(self._decoded(latents[start : start + DECODED_AT_ONCE]))
            if on_decoded is not None:
                on_decoded(min(start + DECODED_AT_ONCE, len(latents)))
        return np.concatenate(parts)

    def draw_latents(self, clip: Clip, settings: ClipSettings, on_step: OnStep) -> torch.Tensor:
        """As `draw`, without decoding: scaled latents (frames, channels, h, w)."""
        frames_max = self.pipeline.unet.config.num_frames
        if settings.frames > frames_max:
            raise ClipTooLong(f"{settings.frames} frames, not {frames_max} or fewer")
        if clip.first_frame is None:
            raise FirstFrameMisfit("there is no picture to begin with")
        require_size(clip.first_frame, settings)
        # One generator for the noise over the picture, and then for that of the clip.
        generator = torch.Generator("cpu").manual_seed(clip.seed)
        seen = self._seen(clip.first_frame, clip.motion, settings, generator)
        noise = self._noise(settings, seen.still.dtype, generator)
        sampled = sample(
            _StillDenoiser(self.pipeline.unet, seen),
            self.pipeline.scheduler,
            [LoopRow(noise, settings.guidance_scale, generator=generator)],
            num_inference_steps=settings.num_inference_steps,
            guidance_rescale=self.loader.guidance_rescale,
            on_step=on_step,
            guidance=GROWING,
        )
        return sampled.latents[0].transpose(0, 1)

    def _noise(
        self, settings: ClipSettings, dtype: torch.dtype, generator: torch.Generator
    ) -> torch.Tensor:
        """(channels, frames, h, w)."""
        cell = self.pipeline.vae_scale_factor
        # The other half of what it is given is the picture.
        channels = self.pipeline.unet.config.in_channels // 2
        sides = (settings.height // cell, settings.width // cell)
        shape = (1, settings.frames, channels, *sides)
        noise = torch.randn(shape, generator=generator, dtype=dtype).to(self.device)
        return noise[0].transpose(0, 1)

    @torch.no_grad()
    def _seen(
        self, picture: Picture, motion: str, settings: ClipSettings, generator: torch.Generator
    ) -> _Seen:
        pipeline, still = self.pipeline, Image.fromarray(picture)
        meaning = pipeline._encode_image(
            still, self.device, num_videos_per_prompt=1, do_classifier_free_guidance=False
        )
        signal = pipeline.video_processor.preprocess(
            still, height=settings.height, width=settings.width
        )
        dirt = torch.randn(signal.shape, generator=generator, dtype=signal.dtype)
        signal = (signal + self._motion.source_noise * dirt).to(self.device, pipeline.vae.dtype)
        latents = pipeline.vae.encode(signal).latent_dist.mode().to(meaning.dtype)
        told = pipeline._get_add_time_ids(
            # It has learnt them counted from 0.
            settings.frame_rate - 1,
            self._motion.buckets.get(motion, _USUAL_BUCKET),
            self._motion.source_noise,
            meaning.dtype,
            batch_size=1,
            num_videos_per_prompt=1,
            do_classifier_free_guidance=False,
        )
        stills = latents.unsqueeze(1).repeat(1, settings.frames, 1, 1, 1)
        return _Seen(stills, meaning, told.to(self.device))

    @torch.no_grad()
    def _decoded(self, latents: torch.Tensor) -> Picture:
        vae = self.pipeline.vae
        unscaled = 1 / vae.config.scaling_factor * latents
        return pictures_of(vae.decode(unscaled, num_frames=len(latents)).sample)


class _Seen(NamedTuple):
    """What the network is told of the picture: still (1, frames, channels, h, w), what it shows as
    CLIP sees it (1, 1, width), and numbers (1, 3): frame rate, motion and noise.
    """

    still: torch.Tensor
    meaning: torch.Tensor
    numbers: torch.Tensor


class _StillDenoiser:
    """The network with the picture of one clip; see `Denoiser`. Unguided, it sees none."""

    def __init__(self, unet: Any, seen: _Seen) -> None:
        self._unet = unet
        self._still = torch.cat([torch.zeros_like(seen.still), seen.still])
        self._meaning = torch.cat([torch.zeros_like(seen.meaning), seen.meaning])
        self._numbers = torch.cat([seen.numbers, seen.numbers])

    @contextmanager
    def showing(self, rows: Sequence[int], *, guided: bool) -> Iterator[Predict]:
        """See `Denoiser.showing`. There is one row, so that it is always all of them."""
        del rows, guided
        yield self._predict

    def _predict(self, noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        """noisy: (1, channels, frames, h, w), or two of them with the unguided one first."""
        asked = len(noisy)
        guess: torch.Tensor = self._unet(
            torch.cat([noisy.transpose(1, 2), self._still[-asked:]], dim=2),
            timestep,
            encoder_hidden_states=self._meaning[-asked:],
            added_time_ids=self._numbers[-asked:],
            return_dict=False,
        )[0]
        return guess.transpose(1, 2)


def _growing(
    without: torch.Tensor, within: torch.Tensor, scale: float | torch.Tensor
) -> torch.Tensor:
    """(rows, channels, frames, h, w): the first frame is led nowhere, the last by the scale."""
    frames = without.shape[2]
    ends = scale.flatten().tolist() if isinstance(scale, torch.Tensor) else [scale]
    rising = torch.stack(
        [torch.linspace(1.0, end, frames, device=without.device) for end in ends]
    ).to(without.dtype)
    return without + rising[:, None, :, None, None] * (within - without)


GROWING: Final = Guidance(1.0, _growing)
