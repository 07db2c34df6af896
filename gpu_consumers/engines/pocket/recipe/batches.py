"""How batches are drawn: one bucket a batch, since a batch has one shape."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.recipe.picture_set import Bucket


def to_signal(pictures: NDArray[np.uint8]) -> torch.Tensor:
    """(n, h, w, 3) uint8 to (n, 3, h, w) float32 in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def to_pictures(signal: torch.Tensor) -> NDArray[np.uint8]:
    """(n, 3, h, w) in -1..1 to (n, h, w, 3) uint8."""
    levels = ((signal.float().clamp(-1, 1) + 1) * 127.5).round().byte()
    pictures: NDArray[np.uint8] = levels.permute(0, 2, 3, 1).cpu().numpy()
    return pictures


def draw_batches(
    buckets: dict[str, Bucket], batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Endless (ratio, indices); buckets in proportion to their size, each without repeats."""
    ratios = list(buckets)
    counts = np.array([buckets[ratio].trained_count for ratio in ratios], float)
    queues: dict[str, NDArray[np.int64]] = {ratio: np.empty(0, np.int64) for ratio in ratios}
    while True:
        ratio = ratios[int(rng.choice(len(ratios), p=counts / counts.sum()))]
        if len(queues[ratio]) < batch_size:
            queues[ratio] = rng.permutation(buckets[ratio].trained_count)
        yield ratio, queues[ratio][:batch_size]
        queues[ratio] = queues[ratio][batch_size:]
