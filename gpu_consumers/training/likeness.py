"""Which checkpoint is most like the person: mean cosine of its samples and the photos."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.engine_loader import IdentityReader
from gpu_consumers.training.checkpoint_store import Checkpoint


class Likeness:
    """Compares pictures with one person's photos. Without a reader nothing is alike (0.0)."""

    def __init__(self, reader: IdentityReader | None, photos: Sequence[NDArray[np.uint8]]) -> None:
        self._reader = reader
        self._centre = None if reader is None else _centre(reader, photos)

    def of(self, samples: Sequence[NDArray[np.uint8]]) -> float:
        """-1..1; a sample without a readable face counts as 0."""
        if self._reader is None or self._centre is None or not samples:
            return 0.0
        total = 0.0
        for sample in samples:
            identity = self._reader.identity(sample)
            if identity is not None:
                total += float(_unit(identity) @ self._centre)
        return total / len(samples)


def best(checkpoints: Sequence[Checkpoint]) -> Checkpoint:
    """The most alike; of equals the one that was trained longest. At least one is given."""
    return max(checkpoints, key=lambda checkpoint: (checkpoint.similarity, checkpoint.step))


def _centre(
    reader: IdentityReader, photos: Sequence[NDArray[np.uint8]]
) -> NDArray[np.float32] | None:
    found = [identity for photo in photos if (identity := reader.identity(photo)) is not None]
    if not found:
        return None
    return _unit(np.mean([_unit(identity) for identity in found], axis=0))


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-8), np.float32)
