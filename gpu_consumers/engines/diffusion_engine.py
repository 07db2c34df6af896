"""How a latent diffusion engine does a whole job: pictures for a work, or a twin from photos."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.adapter_file import read_adapter
from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.latent_diffusion import (
    DrawSettings,
    LatentDiffusion,
    Row,
    load_latent_diffusion,
)
from gpu_consumers.engines.latent_preview import preview_png
from gpu_consumers.engines.loaded_engine import Progress, RenderedPicture, TrainedTwin
from gpu_consumers.engines.slot_bank import RowTwin
from gpu_consumers.training.twin_training import TwinTraining
from topics.messages.progress import Phase
from topics.messages.work import ImageItem, ImageWork, TrainingWork


class DiffusionEngine:
    """A `LoadedEngine` over a Stable Diffusion pipeline. `cache_dir` outlives the process."""

    def __init__(self, diffusion: LatentDiffusion, cache_dir: Path) -> None:
        self._diffusion = diffusion
        self._cache_dir = cache_dir
        self._has_leftovers = False
        loader = diffusion.loader
        self._factors = (
            None if loader.preview_factors is None else loader.preview_factors(diffusion)
        )

    @property
    def engine(self) -> str:
        return self._loader.id

    @property
    def render_batch_max(self) -> int:
        return self._loader.render_batch_max

    @property
    def training_batch_max(self) -> int:
        return self._loader.twin.batch_size

    @property
    def _loader(self) -> EngineLoader:
        return self._diffusion.loader

    def render(
        self, work: ImageWork, adapter: bytes | None, progress: Progress, *, batch_size: int
    ) -> list[RenderedPicture]:
        """See `LoadedEngine.render`."""
        with self._an_attempt():
            return self._render(work, adapter, progress, batch_size)

    def train(
        self,
        work: TrainingWork,
        photos: Sequence[bytes],
        progress: Progress,
        *,
        checkpoints_dir: Path,
        batch_size: int,
    ) -> TrainedTwin:
        """See `LoadedEngine.train`."""
        with self._an_attempt():
            training = TwinTraining(
                self._diffusion,
                work,
                batch_size=batch_size,
                checkpoints_dir=checkpoints_dir,
                cache_dir=self._cache_dir,
            )
            chosen = training.run(photos, progress)
            trained = TrainedTwin(
                adapter=chosen.adapter,
                rank=work.rank,
                step=chosen.step,
                similarity=chosen.similarity,
                samples=tuple(
                    self._delivered(_NumberedSeed(item, work.seed + item), sample)
                    for item, sample in enumerate(chosen.samples)
                ),
            )
        # It held far more than a picture needs, and what it held may hold itself.
        self._has_leftovers = True
        return trained

    @contextmanager
    def _an_attempt(self) -> Iterator[None]:
        """The block begins with the memory that the last one left, if that one failed."""
        # Not every time: looking through all objects costs a tenth of a small job.
        if self._has_leftovers:
            self._diffusion.release_memory()
        self._has_leftovers = True
        yield
        self._has_leftovers = False

    def _render(
        self, work: ImageWork, adapter: bytes | None, progress: Progress, batch_size: int
    ) -> list[RenderedPicture]:
        progress.report(Phase.ENCODE, 0, self._steps_total(work, batch_size))
        twin = None if adapter is None else RowTwin(self._hold(adapter), work.twin_strength)
        finished: list[RenderedPicture] = []
        for start in range(0, len(work.items), batch_size):
            items = work.items[start : start + batch_size]
            steps_done = start // batch_size * work.num_inference_steps
            watch = _Watch(progress, steps_done, self._steps_total(work, batch_size), self._factors)
            pictures = self._draw(work, items, twin, watch)
            finished += [
                self._delivered(item, picture)
                for item, picture in zip(items, pictures, strict=True)
            ]
        return finished

    def _draw(
        self, work: ImageWork, items: Sequence[ImageItem], twin: RowTwin | None, watch: _Watch
    ) -> NDArray[np.uint8]:
        prompt = self._loader.prompt_for(work.prompt, work.style, names_twin=twin is not None)
        rows = [Row(prompt, work.negative_prompt, item.seed, twin) for item in items]
        settings = DrawSettings(
            work.width, work.height, work.num_inference_steps, work.guidance_scale
        )
        return self._diffusion.draw(rows, settings, watch.after_step)

    def _hold(self, adapter: bytes) -> str:
        """The slot key of this file, which is in its slot afterwards."""
        key = hashlib.sha256(adapter).hexdigest()
        bank = self._diffusion.bank
        if not bank.holds(key):
            checked = read_adapter(
                adapter,
                bank.targets,
                rank_max=self._loader.rank_max,
                size_bytes_max=self._loader.adapter_size_bytes_max,
            )
            bank.put(key, checked)
        return key

    def _delivered(
        self, item: ImageItem | _NumberedSeed, picture: NDArray[np.uint8]
    ) -> RenderedPicture:
        image = Image.fromarray(picture)
        scale = self._loader.delivery_scale
        if scale != 1:
            size = (image.width * scale, image.height * scale)
            image = image.resize(size, Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        image.save(buffer, format="PNG")
        return RenderedPicture(item.item, item.seed, buffer.getvalue(), image.width, image.height)

    @staticmethod
    def _steps_total(work: ImageWork, batch_size: int) -> int:
        batches = -(-len(work.items) // batch_size)
        return batches * work.num_inference_steps


def load_diffusion_engine(
    loader: EngineLoader, *, weights_dir: Path | None, cache_dir: Path, device_name: str
) -> DiffusionEngine:
    """Load an engine of the Stable Diffusion family. Raises EngineAbsent."""
    return DiffusionEngine(load_latent_diffusion(loader, weights_dir, device_name), cache_dir)


@dataclass(frozen=True)
class _NumberedSeed:
    item: int
    seed: int


class _Watch:
    """Turns the pipeline's steps into progress, with a preview of the batch's first picture."""

    def __init__(
        self,
        progress: Progress,
        steps_done: int,
        steps_total: int,
        factors: NDArray[np.float32] | None,
    ) -> None:
        self._progress = progress
        self._steps_done = steps_done
        self._steps_total = steps_total
        self._factors = factors

    def after_step(self, step: int, latents: torch.Tensor) -> None:
        preview = None
        if self._factors is not None:
            preview = preview_png(latents[0].float().cpu().numpy(), self._factors)
        self._progress.report(Phase.STEP, self._steps_done + step, self._steps_total, preview)
