"""How a loaded model draws: rows of words, twins and seeds to pictures, whatever its family is."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.diffusion_model import DiffusionModel, Picture
from gpu_consumers.engines.prompt_chunks import CHUNKS_MAX
from gpu_consumers.engines.prompt_encoding import Conditioning
from gpu_consumers.engines.row_track import LoopRow
from gpu_consumers.engines.sampling_loop import (
    OnStep,
    Predict,
    Sampled,
    SamplingStep,
    sample,
)
from gpu_consumers.engines.slot_bank import RowTwin, SlotBank


@dataclass(frozen=True)
class Row:
    """One picture of a batch. Everything here may differ between rows.

    With a `source`, RGB (height, width, 3) of the size that is drawn, the last `strength` of the
    steps are made; at 1 nothing of it is kept.
    """

    prompt: str
    negative_prompt: str
    seed: int
    guidance_scale: float
    twin: RowTwin | None = None
    source: Picture | None = None
    strength: float = 1.0


@dataclass(frozen=True)
class DrawSettings:
    """What all rows of a batch share. Width and height in pixels, as drawn."""

    width: int
    height: int
    num_inference_steps: int


class LatentDiffusion:
    """A loaded model: prompts to vectors, pictures to latents, noise to pictures."""

    def __init__(self, model: DiffusionModel) -> None:
        self.model = model
        self.loader = model.loader
        self.device = model.device

    @property
    def network(self) -> Any:
        """What removes noise, and what a twin changes."""
        return self.model.network

    @property
    def bank(self) -> SlotBank:
        """The twins that it can show."""
        return self.model.bank

    @property
    def pixels_per_cell(self) -> int:
        """How many pixels of height or width of a drawn picture one latent cell stands for."""
        return self.model.pixels_per_cell

    def drawn_size(self, encoded_size: tuple[int, int]) -> tuple[int, int]:
        """Width and height, as drawn, of what is encoded at this width and height."""
        width, height = encoded_size
        return width * self.model.drawn_scale, height * self.model.drawn_scale

    @property
    def scheduler(self) -> Any:
        """Never changed: whoever uses it copies it."""
        return self.model.scheduler

    def embed(self, prompts: Sequence[str], *, chunks_max: int = CHUNKS_MAX) -> Conditioning:
        """See `DiffusionModel.embed`."""
        return self.model.embed(prompts, chunks_max=chunks_max)

    def embed_guided(
        self,
        prompts: Sequence[str],
        negative_prompts: Sequence[str],
        *,
        chunks_max: int = CHUNKS_MAX,
    ) -> tuple[Conditioning, Conditioning]:
        """Encode prompts and, for the half that they are led away from, negative prompts."""
        within = self.embed(prompts, chunks_max=chunks_max)
        return within, self.embed(negative_prompts, chunks_max=chunks_max)

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """See `DiffusionModel.predict`."""
        return self.model.predict(noisy, timesteps, words)

    def encode(self, pictures: Picture) -> torch.Tensor:
        """See `DiffusionModel.encode`."""
        return self.model.encode(pictures)

    def encode_drawn(self, pictures: Picture) -> torch.Tensor:
        """As `encode`, of pictures that are as large as they are drawn."""
        scale = self.model.drawn_scale
        if scale == 1:
            return self.encode(pictures)
        count, height, width, channels = pictures.shape
        cells = pictures.reshape(
            count, height // scale, scale, width // scale, scale, channels
        ).mean((2, 4))
        return self.encode(np.asarray(cells.round(), np.uint8))

    def decode(self, latents: torch.Tensor) -> Picture:
        """See `DiffusionModel.decode`."""
        return self.model.decode(latents)

    def encode_pictures(self, pictures: Picture) -> NDArray[np.float32]:
        """As `encode`, for who knows no tensors."""
        return self.encode(pictures).cpu().numpy()

    def draw(
        self,
        rows: Sequence[Row],
        settings: DrawSettings,
        on_step: OnStep,
        *,
        job_of: Callable[[int], int] = lambda _row: 0,
    ) -> list[tuple[int, Picture | None]]:
        """Draw all rows as one batch. Returns (row, RGB (height, width, 3)), by the row's number.

        A row that `on_step` stops is not among them. None stands for what is no picture, because
        the network's values were not finite. `job_of`: whose row this is; rows of one job stand
        side by side, and are decoded together.
        """
        sampled = self._sampled(rows, settings, on_step)
        if not sampled.rows:
            return []
        is_finite = sampled.latents.isfinite().flatten(1).all(1).tolist()
        # A decoder makes levels of the last bits, which depend on how many it is given: as many as
        # if the job were alone.
        jobs = groupby(range(len(sampled.rows)), lambda at: job_of(sampled.rows[at]))
        pictures = [one for _, at in jobs for one in self.decode(sampled.latents[[*at]])]
        return [
            (row, picture if finite else None)
            for row, picture, finite in zip(sampled.rows, pictures, is_finite, strict=True)
        ]

    def draw_latents(
        self, rows: Sequence[Row], settings: DrawSettings, on_step: OnStep
    ) -> torch.Tensor:
        """As `draw`, without decoding: scaled latents (rows, channels, h, w)."""
        return self._sampled(rows, settings, on_step).latents

    def _sampled(self, rows: Sequence[Row], settings: DrawSettings, on_step: OnStep) -> Sampled:
        def shown(step: SamplingStep) -> Collection[int] | None:
            return on_step(replace(step, clean=lambda: self.model.preview(step.clean())))

        return sample(
            _PictureDenoiser(self, rows),
            self.scheduler,
            [self._loop_row(row, settings) for row in rows],
            num_inference_steps=settings.num_inference_steps,
            guidance_rescale=self.loader.guidance_rescale,
            on_step=shown,
            guidance=self.model.guidance,
            set_times=self.model.set_times,
        )

    def _loop_row(self, row: Row, settings: DrawSettings) -> LoopRow:
        noise, generator = self.model.noise(row.seed, width=settings.width, height=settings.height)
        source = None
        if row.source is not None and row.strength < 1.0:
            (source,) = self.encode_drawn(row.source[None]).to(noise.dtype)
        return LoopRow(noise, row.guidance_scale, source, row.strength, generator=generator)

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


class _PictureDenoiser:
    """The network with the words and twins of a batch; see `Denoiser`."""

    def __init__(self, diffusion: LatentDiffusion, rows: Sequence[Row]) -> None:
        self._model = diffusion.model
        self._twins = [row.twin for row in rows]
        prompts = [row.prompt for row in rows]
        self._without: Conditioning | None = None
        if any(row.guidance_scale > self._model.guidance.free_at for row in rows):
            negatives = [row.negative_prompt for row in rows]
            self._within, self._without = diffusion.embed_guided(prompts, negatives)
        else:
            self._within = diffusion.embed(prompts)

    @contextmanager
    def showing(self, rows: Sequence[int], *, guided: bool) -> Iterator[Predict]:
        """See `Denoiser.showing`."""
        places = list(rows)
        without = None
        if guided and self._without is not None:
            without = self._without.pick(places)
        twins = [self._twins[row] for row in rows]
        with (
            self._model.bank.merged(twins, is_guided=without is not None),
            self._model.showing(twins, self._within.pick(places), without) as predict,
        ):
            yield predict
