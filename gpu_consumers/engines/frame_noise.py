"""How the frames of a clip share noise, in training and in drawing alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch


def frame_noise(
    frames: int,
    shape: Sequence[int],
    *,
    shared_share: float,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Normal noise (frames, *shape) on the CPU, of which `shared_share` of the variance is common.

    Each frame alone is standard normal noise, as an image model expects. What is common draws the
    same person in every frame before anything has been learnt of motion; what is left lets frames
    differ. A model draws with at least the share that it was trained with: more of it is calmer.
    """
    common = torch.randn(1, *shape, generator=generator)
    own = torch.randn(frames, *shape, generator=generator)
    return math.sqrt(shared_share) * common + math.sqrt(1 - shared_share) * own
