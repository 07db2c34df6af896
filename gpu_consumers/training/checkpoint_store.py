"""Where a training keeps what it has so far, so that another attempt on this machine continues."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from topics.messages.progress import CheckpointSeen
from topics.messages.work import TrainingWork

_STATE: Final = "state.pt"


@dataclass(frozen=True)
class Checkpoint:
    """One candidate: its adapter (safetensors), what it drew, and how alike that is."""

    step: int
    adapter: bytes
    similarity: float
    samples: tuple[NDArray[np.uint8], ...]


class _Score(msgspec.Struct, frozen=True):
    step: int
    similarity: float
    samples: int


class CheckpointStore:
    """A folder of one training. What belongs to other settings, photos or layers is discarded."""

    def __init__(
        self,
        folder: Path,
        work: TrainingWork,
        photos: Sequence[bytes],
        targets: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        mark = folder / "training"
        digest = _digest(work, photos, targets)
        if not mark.is_file() or mark.read_text() != digest:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            mark.write_text(digest)

    def save(self, checkpoint: Checkpoint, state: dict[str, Any]) -> None:
        """Keep a candidate and the optimiser's state; a kill leaves the old state or the new."""
        folder = self._folder / str(checkpoint.step)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "adapter.safetensors").write_bytes(checkpoint.adapter)
        for index, sample in enumerate(checkpoint.samples):
            Image.fromarray(sample).save(folder / f"{index}.png")
        score = _Score(checkpoint.step, checkpoint.similarity, len(checkpoint.samples))
        (folder / "score.json").write_bytes(msgspec.json.encode(score))
        partial = self._folder / "state.partial"
        torch.save(state, partial)
        os.replace(partial, self._folder / _STATE)

    def state(self) -> dict[str, Any] | None:
        """The newest state, or None at the beginning. Tensors and numbers only, never code."""
        path = self._folder / _STATE
        if not path.is_file():
            return None
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return state

    def seen(self) -> list[CheckpointSeen]:
        """What is told of all complete candidates, by step."""
        scores = [
            msgspec.json.decode(path.read_bytes(), type=_Score)
            for path in self._folder.glob("*/score.json")
        ]
        return sorted(
            (CheckpointSeen(score.step, score.similarity) for score in scores),
            key=lambda one: one.step,
        )

    def checkpoints(self) -> list[Checkpoint]:
        """All complete candidates, by step."""
        found = [self._read(path.parent) for path in self._folder.glob("*/score.json")]
        return sorted(found, key=lambda checkpoint: checkpoint.step)

    def _read(self, folder: Path) -> Checkpoint:
        score = msgspec.json.decode((folder / "score.json").read_bytes(), type=_Score)
        samples = []
        for index in range(score.samples):
            with Image.open(folder / f"{index}.png") as image:
                samples.append(np.asarray(image.convert("RGB")))
        adapter = (folder / "adapter.safetensors").read_bytes()
        return Checkpoint(score.step, adapter, score.similarity, tuple(samples))


def forget_old_checkpoints(parent: Path, *, older_than_s: float) -> None:
    """Delete the folders of trainings that nobody continued: they hold a person's likeness."""
    if not parent.is_dir():
        return
    limit_s = time.time() - older_than_s
    for folder in parent.iterdir():
        if folder.stat().st_mtime < limit_s:
            shutil.rmtree(folder, ignore_errors=True)


def _digest(work: TrainingWork, photos: Sequence[bytes], targets: Sequence[str]) -> str:
    digest = hashlib.sha256()
    settings = (
        work.engine,
        work.rank,
        work.steps,
        work.learning_rate,
        work.seed,
        work.sample_prompts,
        tuple(targets),
    )
    digest.update(msgspec.json.encode(settings))
    for photo in photos:
        digest.update(hashlib.sha256(photo).digest())
    return digest.hexdigest()
