"""How Wan draws clips: from words, or from a picture that stands in them as their first frame."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import torch

from gpu_consumers.engines.clip_drawing import Clip, ClipSettings, require_size
from gpu_consumers.engines.diffusion_model import Picture
from gpu_consumers.engines.families.flow_transformer import in_two_passes
from gpu_consumers.engines.families.wan import WanModel
from gpu_consumers.engines.loaded_engine import PictureSpoilt
from gpu_consumers.engines.row_track import LoopRow
from gpu_consumers.engines.sampling_loop import OnStep, Predict, SamplingStep, sample


class WanClips:
    """See `ClipDrawer`. Of a length that its latents do not have, the end is left out.

    All steps are made, whatever a clip begins with: what is drawn anew is every frame but that.
    """

    def __init__(self, model: WanModel) -> None:
        self._model = model

    def draw(
        self,
        clip: Clip,
        settings: ClipSettings,
        on_step: OnStep,
        on_decoded: Callable[[int], None] | None = None,
    ) -> Picture:
        """See `ClipDrawer.draw`. Raises PictureSpoilt besides."""

        def decoded(frames: int) -> None:
            if on_decoded is not None:
                on_decoded(min(frames, settings.frames))

        latents = self.draw_latents(clip, settings, on_step)
        if not bool(latents.isfinite().all()):
            raise PictureSpoilt
        return self._model.decode_clip(latents, decoded)[: settings.frames]

    def draw_latents(self, clip: Clip, settings: ClipSettings, on_step: OnStep) -> torch.Tensor:
        """As `draw`, without decoding: scaled latents (channels, frames, h, w)."""
        model = self._model

        def shown(step: SamplingStep) -> Collection[int] | None:
            return on_step(replace(step, clean=lambda: model.preview(step.clean())))

        sampled = sample(
            _ClipDenoiser(model, clip, settings),
            model.scheduler,
            [self._loop_row(clip, settings)],
            num_inference_steps=settings.num_inference_steps,
            guidance_rescale=model.loader.guidance_rescale,
            on_step=shown,
            guidance=model.guidance,
            set_times=model.set_times,
        )
        return sampled.latents[0]

    def _loop_row(self, clip: Clip, settings: ClipSettings) -> LoopRow:
        first = None
        if clip.first_frame is not None:
            require_size(clip.first_frame, settings)
            first = self._model.encode_first(clip.first_frame)
        noise, generator = self._model.clip_noise(
            clip.seed, width=settings.width, height=settings.height, frames=settings.frames
        )
        return LoopRow(noise, settings.guidance_scale, first_frame=first, generator=generator)


class _ClipDenoiser:
    """The network with the words and the twin of one clip; see `Denoiser`."""

    def __init__(self, model: WanModel, clip: Clip, settings: ClipSettings) -> None:
        self._model = model
        self._clip = clip
        self._within = model.embed([clip.prompt])
        is_guided = settings.guidance_scale > model.guidance.free_at
        self._without = model.embed([clip.negative_prompt]) if is_guided else None

    @contextmanager
    def showing(self, rows: Sequence[int], *, guided: bool) -> Iterator[Predict]:
        """See `Denoiser.showing`. There is one row, so that it is always all of them."""
        del rows, guided
        model, clip = self._model, self._clip
        predict = partial(model.predict_frames, first_is_clean=clip.first_frame is not None)
        twins = [clip.twin]
        with in_two_passes(model.bank, predict, twins, self._within, self._without) as shown:
            yield shown
