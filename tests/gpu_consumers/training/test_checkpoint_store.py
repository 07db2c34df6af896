"""What a training leaves on its machine, and for whom."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpu_consumers.training.checkpoint_store import (
    Checkpoint,
    CheckpointStore,
    forget_old_checkpoints,
)
from topics.messages.progress import CheckpointSeen
from topics.messages.work import TrainingWork, Upload

pytestmark = pytest.mark.engine

NOWHERE = Upload("http://store/upload", {}, "quarantine/adapter", "application/octet-stream", 1)
ADA = [b"a photo of Ada", b"another photo of Ada"]
SAMPLE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)


@dataclass(frozen=True)
class Folder:
    """Where the trainings of one job lie."""

    path: Path

    def opened(self, photos: list[bytes], **changes: Any) -> CheckpointStore:
        arguments: dict[str, Any] = {
            "engine": "pocket",
            "photos": (),
            "rank": 16,
            "steps": 120,
            "learning_rate": 1e-3,
            "seed": 5,
            "sample_prompts": ("smiling",),
            "sample_uploads": (NOWHERE,),
            "adapter_upload": NOWHERE,
        }
        return CheckpointStore(self.path, TrainingWork(**{**arguments, **changes}), photos)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder in which a training of Ada's photos has saved one checkpoint."""
    import torch

    folder = Folder(tmp_path / "training")
    checkpoint = Checkpoint(30, b"lora", 0.8, (SAMPLE,))
    folder.opened(ADA).save(checkpoint, {"step": 30, "lora": {"a": torch.ones(2)}})
    return folder


def test_the_same_training_finds_what_it_saved(folder: Folder) -> None:
    store = folder.opened(ADA)
    (found,) = store.checkpoints()
    assert (found.step, found.adapter, found.similarity) == (30, b"lora", 0.8)
    np.testing.assert_array_equal(found.samples[0], SAMPLE)
    assert store.seen() == [CheckpointSeen(30, 0.8)]
    state = store.state()
    assert state is not None
    assert state["step"] == 30


def test_another_attempts_urls_do_not_make_it_another_training(folder: Folder) -> None:
    fresh = Upload("http://store/upload?again", {}, "quarantine/2", NOWHERE.media_type, 1)
    assert folder.opened(ADA, adapter_upload=fresh).state() is not None


def test_other_photos_begin_anew(folder: Folder) -> None:
    store = folder.opened([b"a photo of Grace"])
    assert store.checkpoints() == []
    assert store.state() is None


def test_other_settings_begin_anew(folder: Folder) -> None:
    assert folder.opened(ADA, rank=8).state() is None


def test_what_nobody_continued_is_forgotten(folder: Folder) -> None:
    forget_old_checkpoints(folder.path.parent, older_than_s=3600)
    assert folder.path.is_dir()
    os.utime(folder.path, (0, 0))
    forget_old_checkpoints(folder.path.parent, older_than_s=3600)
    assert not folder.path.exists()
