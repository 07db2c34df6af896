"""How an engine does a job that can only move a picture: clips, and nothing else."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path

import torch

from gpu_consumers.engines.clip_drawing import Clip
from gpu_consumers.engines.clip_rendering import rendered_clips
from gpu_consumers.engines.drawing_work import drawn_source, drawn_strength, steps_each
from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.families.svd import StableVideoClips
from gpu_consumers.engines.loaded_engine import (
    EngineAbsent,
    Progress,
    RenderedClip,
    RenderedPicture,
    Share,
    ShareOutcome,
    SourceUnreadable,
    TrainedTwin,
    TwinFile,
)
from gpu_consumers.engines.model_loading import load_still_clips
from topics.messages.progress import Phase
from topics.messages.work import ImageWork, TrainingWork, VideoWork


class StillEngine:
    """A `LoadedEngine` without twins, words and pictures of its own."""

    def __init__(self, clips: StableVideoClips, folder: Path) -> None:
        self._clips = clips
        self._folder = folder

    @property
    def engine(self) -> str:
        return self._loader.id

    @property
    def render_batch_max(self) -> int:
        return self._loader.render_batch_max

    @property
    def twins_max(self) -> int:
        return self._loader.twins_max

    @property
    def training_batch_max(self) -> int:
        return self._loader.twin.batch_size

    @property
    def _loader(self) -> EngineLoader:
        return self._clips.loader

    def holds(self, adapter_sha256: str) -> bool:
        """See `LoadedEngine.holds`: it draws nobody by an adapter."""
        return False

    def render(
        self,
        work: ImageWork,
        adapter: TwinFile | None,
        source: bytes | None,
        progress: Progress,
        *,
        batch_size: int,
    ) -> list[RenderedPicture]:
        """Raises EngineAbsent."""
        raise EngineAbsent(self.engine, self._folder)

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        """Raises EngineAbsent."""
        raise EngineAbsent(self.engine, self._folder)

    def animate(
        self, work: VideoWork, adapter: TwinFile | None, source: bytes | None, progress: Progress
    ) -> list[RenderedClip]:
        """See `LoadedEngine.animate`. Raises SourceUnreadable where there is no picture."""
        progress.report(Phase.ENCODE, 0, len(work.items) * steps_each(work))
        first = drawn_source(work, source)
        if first is None:
            raise SourceUnreadable("there is none")
        clip = Clip(
            prompt="",
            negative_prompt="",
            seed=0,
            first_frame=first,
            strength=drawn_strength(work),
            motion=work.motion,
        )
        try:
            return rendered_clips(
                self._clips, clip, work, progress, factors=None, scale=self._loader.delivery_scale
            )
        except Exception:
            # What a failed attempt held is not there for the next one.
            gc.collect()
            if self._clips.device.type == "cuda":
                torch.cuda.empty_cache()
            raise

    def train(
        self,
        work: TrainingWork,
        photos: Sequence[bytes],
        progress: Progress,
        *,
        checkpoints_dir: Path,
        batch_size: int,
    ) -> TrainedTwin:
        """Raises EngineAbsent."""
        raise EngineAbsent(self.engine, self._folder)

    def forget(self, adapter_sha256: str) -> None:
        """See `LoadedEngine.forget`: there is nothing to forget."""


def load_still_engine(
    loader: EngineLoader, *, weights_dir: Path | None, device_name: str
) -> StillEngine:
    """Load an engine that can only move a picture. Raises EngineAbsent."""
    clips = load_still_clips(loader, weights_dir, device_name)
    return StillEngine(clips, loader.weights_dir(weights_dir))
