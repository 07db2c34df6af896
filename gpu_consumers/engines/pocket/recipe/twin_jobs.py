"""How evaluation makes a twin and its pictures: as jobs, by the code that serves creators."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.diffusion_engine import DiffusionEngine, load_diffusion_engine
from gpu_consumers.engines.loaded_engine import ShowPreview, TrainedTwin
from gpu_consumers.engines.pocket import twin_settings as settings
from gpu_consumers.engines.pocket.loading import ENGINE, LOADER
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, SQUARE, Frame
from gpu_consumers.engines.pocket.world.photo_set import PhotoSet, from_jpeg
from gpu_consumers.engines.pocket.world.scene import Scene
from topics.messages.progress import Phase
from topics.messages.work import ImageItem, ImageWork, TrainingWork, Upload

Picture = NDArray[np.uint8]

_STEPS: Final = 25
_GUIDANCE_SCALE: Final = 4.0
_EXPRESSION: Final = {"smile": "smiling", "frown": "frowning", "open": "open mouth"}
_VIEW: Final = {"front": "front view", "left": "looking left", "right": "looking right"}
# Nothing is uploaded here: the pictures are taken from the engine's hands.
_NOWHERE: Final = Upload("", {}, "", "image/png", 0)


@dataclass(frozen=True)
class Ask:
    """One picture asked for: the words, the seed, the style and the frame."""

    prompt: str
    seed: int
    style: str = "plain"
    frame: Frame = SQUARE


class TwinJobs:
    """The pocket engine as a worker loads it, from a given weights directory."""

    def __init__(self, weights: Path) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._trained = 0
        self._engine: DiffusionEngine = load_diffusion_engine(
            replace(LOADER, built_in_folder=weights),
            weights_dir=None,
            cache_dir=Path(self._folder.name) / "cache",
            device_name="cpu",
        )

    def train(self, photos: PhotoSet, *, seed: int) -> tuple[TrainedTwin, float]:
        """A twin of a photo set with the catalogue's settings, and the seconds it took."""
        self._trained += 1
        work = TrainingWork(
            engine=ENGINE,
            photos=(),
            rank=settings.LORA_RANK,
            steps=settings.STEPS_PER_PHOTO * len(photos.photos),
            learning_rate=settings.LEARNING_RATE,
            seed=seed,
            sample_prompts=settings.SAMPLE_PROMPTS,
            sample_uploads=(),
            adapter_upload=_NOWHERE,
        )
        started = time.monotonic()
        twin = self._engine.train(
            work,
            [_png(from_jpeg(photo.jpeg)) for photo in photos.photos],
            _Unwatched(),
            checkpoints_dir=Path(self._folder.name) / str(self._trained),
            batch_size=self._engine.training_batch_max,
        )
        return twin, time.monotonic() - started

    def draw(self, asked: Sequence[Ask], adapter: bytes | None) -> list[Picture]:
        """One picture each, as delivered: RGB (512, 512, 3) of the square."""
        return [self._draw(ask, adapter) for ask in asked]

    def _draw(self, ask: Ask, adapter: bytes | None) -> Picture:
        size = ask.frame.scaled(DRAWN_SCALE)
        work = ImageWork(
            engine=ENGINE,
            prompt=ask.prompt,
            negative_prompt="",
            style=ask.style,
            width=size.width,
            height=size.height,
            num_inference_steps=_STEPS,
            guidance_scale=_GUIDANCE_SCALE,
            twin_strength=1.0,
            items=(ImageItem(0, ask.seed, _NOWHERE),),
        )
        (drawn,) = self._engine.render(work, adapter, None, _Unwatched(), batch_size=1)
        with Image.open(io.BytesIO(drawn.png)) as image:
            return np.asarray(image)


def scene_words(scene: Scene) -> str:
    """What a creator would write of a scene; the twin's name comes from the engine."""
    return (
        f"{_EXPRESSION[scene.expression]}, {_VIEW[scene.view]}, "
        f"{scene.top} top, {scene.background} background"
    )


class _Unwatched:
    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """See `Progress.report`."""


def _png(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()
