"""Where trainings keep their checkpoints on a worker's disk: named so that each can be forgotten.

Loads no torch: the worker's parent deletes here too, whatever its child is at.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID


def training_place(trainings_dir: Path, job: UUID, *, twin: UUID | None, epoch: int) -> Path:
    """The folder of one training, of this twin under this consent."""
    return trainings_dir / (str(job) if twin is None else f"{twin}.{epoch}.{job}")


def forget_trainings(trainings_dir: Path, twin: UUID, before_epoch: int) -> None:
    """Delete all that trainings under earlier consents of this twin have left. May be repeated."""
    for folder in trainings_dir.glob(f"{twin}.*.*"):
        epoch = folder.name.split(".")[1]
        if not epoch.isdigit() or int(epoch) < before_epoch:
            shutil.rmtree(folder, ignore_errors=True)
