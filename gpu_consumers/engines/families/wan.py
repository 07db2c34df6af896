"""Wan 2.2 TI2V-5B: a flow transformer over frames, in space and time, that makes two passes.

It tells every token its own time, so that a picture can stand in a clip without noise. A picture
alone is a clip of one frame: so twins are learnt from photos.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from PIL import Image

from gpu_consumers.engines.diffusion_model import Picture, SeededNoise
from gpu_consumers.engines.families.flow_transformer import TwoPassFlowTransformer
from gpu_consumers.engines.guidance import FROM_UNGUIDED, Guidance
from gpu_consumers.engines.picture_autoencoder import pictures_of, signal_of
from gpu_consumers.engines.prompt_chunks import CHUNKS_MAX
from gpu_consumers.engines.prompt_encoding import Conditioning
from gpu_consumers.engines.row_track import evenly
from gpu_consumers.training.noise import FlowNoise, TrainingNoise

if TYPE_CHECKING:
    from gpu_consumers.engines.clip_drawing import ClipDrawer

# What the network has learnt to look at, filled up behind the words.
_TOKENS: Final = 512


class WanModel(TwoPassFlowTransformer):
    """See `DiffusionModel`. Sides are multiples of two cells.

    Latents of a clip are (n, channels, frames, h, w), one frame of them for the first of the clip
    and one for every `frames_per_cell` after it.
    """

    @property
    def guidance(self) -> Guidance:
        return FROM_UNGUIDED

    @property
    def pixels_per_cell(self) -> int:
        """See `DiffusionModel.pixels_per_cell`."""
        return int(self.pipeline.vae_scale_factor_spatial)

    @property
    def frames_per_cell(self) -> int:
        """How many frames of a clip one frame of its latents stands for, but for the first."""
        return int(self.pipeline.vae_scale_factor_temporal)

    def noise(self, seed: int, *, width: int, height: int) -> SeededNoise:
        """See `DiffusionModel.noise`. Always float32."""
        noise = self.clip_noise(seed, width=width, height=height, frames=1)
        return SeededNoise(noise.noise[:, 0], noise.generator)

    def clip_noise(self, seed: int, *, width: int, height: int, frames: int) -> SeededNoise:
        """As `noise`, of a clip: (channels, frames of latents, h, w)."""
        generator = torch.Generator("cpu").manual_seed(seed)
        cells = -(-(frames - 1) // self.frames_per_cell) + 1
        sides = [side // self.pixels_per_cell for side in (height, width)]
        shape = (1, self.network.config.in_channels, cells, *sides)
        (noise,) = torch.randn(shape, generator=generator).to(self.device)
        return SeededNoise(noise, generator)

    def set_times(self, scheduler: Any, num_inference_steps: int, noise: torch.Tensor) -> None:
        """See `DiffusionModel.set_times`."""
        evenly(scheduler, num_inference_steps, noise)

    @torch.no_grad()
    def embed(self, prompts: Sequence[str], *, chunks_max: int = CHUNKS_MAX) -> Conditioning:
        """See `DiffusionModel.embed`. There are no chunks: what goes beyond is not read.

        Every prompt has the same room: the network looks at what is left of it, too.
        """
        del chunks_max
        hidden, _ = self.pipeline.encode_prompt(
            list(prompts),
            do_classifier_free_guidance=False,
            max_sequence_length=_TOKENS,
            device=self.device,
        )
        return Conditioning(hidden.to(self.network.dtype), None)

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """See `DiffusionModel.predict`."""
        return self.predict_frames(noisy.unsqueeze(2), timesteps, words).squeeze(2)

    def predict_frames(
        self,
        noisy: torch.Tensor,
        timesteps: torch.Tensor,
        words: Conditioning,
        *,
        first_is_clean: bool = False,
    ) -> torch.Tensor:
        """As `predict`, of clips. `first_is_clean`: their first frame has no noise."""
        _, tall, wide = self.network.config.patch_size
        frames, height, width = noisy.shape[2:]
        shares = torch.ones(frames, height // tall, width // wide, device=self.device)
        if first_is_clean:
            shares[0] = 0.0
        times = timesteps.expand(len(noisy)).to(self.device, torch.float32)
        guess: torch.Tensor = self.network(
            hidden_states=noisy.to(self.network.dtype),
            timestep=times[:, None] * shares.flatten(),
            encoder_hidden_states=words.hidden,
            return_dict=False,
        )[0]
        return guess

    @torch.no_grad()
    def encode(self, pictures: Picture) -> torch.Tensor:
        """See `DiffusionModel.encode`."""
        vae = self.pipeline.vae
        return self._scaled(signal_of(pictures, self.device, vae.dtype)).squeeze(2)

    @torch.no_grad()
    def encode_first(self, picture: Picture) -> torch.Tensor:
        """A picture (height, width, 3) as the first frame of a clip: (channels, 1, h, w).

        To the last bit as the pipeline does it, which a training need not.
        """
        height, width = picture.shape[:2]
        still = Image.fromarray(picture)
        signal = self.pipeline.video_processor.preprocess(still, height=height, width=width)
        return self._scaled(signal.to(self.device, self.pipeline.vae.dtype))[0]

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> Picture:
        """See `DiffusionModel.decode`."""
        cells = self.preview(latents.to(self.pipeline.vae.dtype)).unsqueeze(2)
        return pictures_of(self.pipeline.vae.decode(cells).sample[:, :, 0])

    @torch.no_grad()
    def decode_clip(self, latents: torch.Tensor, on_decoded: Callable[[int], None]) -> Picture:
        """Latents of a clip (channels, frames, h, w) to its frames (frames, height, width, 3) RGB.

        `on_decoded` is told how many frames are, and may raise.
        """
        vae = self.pipeline.vae
        cells = self.preview(latents[None].to(vae.dtype))
        with self._counted(on_decoded):
            (signal,) = vae.decode(cells).sample
        return pictures_of(signal.transpose(0, 1))

    def preview(self, latents: torch.Tensor) -> torch.Tensor:
        """See `DiffusionModel.preview`: as the autoencoder has them; of a clip, too."""
        mean, inverse = self._statistics(latents)
        return latents / inverse + mean

    def clips(self) -> ClipDrawer:
        """See `DiffusionModel.clips`."""
        from gpu_consumers.engines.families.wan_clips import WanClips

        return WanClips(self)

    def training_noise(self) -> TrainingNoise:
        """See `DiffusionModel.training_noise`. Its scheduler has another name for the shift."""
        settings = self.scheduler.config
        schedule = FlowMatchEulerDiscreteScheduler(
            num_train_timesteps=settings.num_train_timesteps,
            shift=settings.get("flow_shift") or settings.get("shift") or 1.0,
        )
        return FlowNoise(schedule, self.device)

    def _scaled(self, signal: torch.Tensor) -> torch.Tensor:
        """(n, 3, height, width) to latents (n, channels, 1, h, w), float32."""
        cells = self.pipeline.vae.encode(signal.unsqueeze(2)).latent_dist.mode().float()
        mean, inverse = self._statistics(cells)
        scaled: torch.Tensor = (cells - mean) * inverse
        return scaled

    def _statistics(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of each channel of the autoencoder: its mean, and one over its deviation."""
        settings = self.pipeline.vae.config
        over = (1, -1, *[1] * (latents.ndim - 2))
        mean, deviation = (
            torch.tensor(values).view(over).to(latents)
            for values in (settings.latents_mean, settings.latents_std)
        )
        return mean, 1.0 / deviation

    @contextmanager
    def _counted(self, on_decoded: Callable[[int], None]) -> Iterator[None]:
        """The autoencoder decodes one frame of latents after the other, and remembers the last."""
        vae, done = self.pipeline.vae, 0

        def told(*_: Any) -> None:
            nonlocal done
            done += self.frames_per_cell if done else 1
            on_decoded(done)

        hook = vae.decoder.register_forward_hook(told)
        try:
            yield
        finally:
            hook.remove()
            vae.clear_cache()
