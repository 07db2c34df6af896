"""Which motion a clip shows, told from where and which way its pixels change.

A linear classifier on few numbers, trained on clips of the renderer alone, some with the flicker
that drawn clips have. It reads no pixels, only change, so that nothing but motion can help it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from gpu_consumers.engines.pocket.recipe.motion_trial import trials
from gpu_consumers.engines.pocket.world.motion import MOTIONS

Pictures = NDArray[np.uint8]

_TRAINED_EACH: Final = 60
_TRAINED_FRAMES: Final = 24
_SEED: Final = 30_000
_CELLS: Final = 12
_FLICKER_LEVELS_MAX: Final = 14.0
_STEPS: Final = 400


class MotionReader:
    """Built once in half a minute; tells the motion of a clip of any length."""

    def __init__(self) -> None:
        rng = np.random.default_rng(_SEED)
        features, truth = [], []
        for trial in trials(_TRAINED_EACH, seed=_SEED):
            clip = trial.rendered(_TRAINED_FRAMES)
            for shown in (clip, _flickering(clip, rng)):
                features.append(_features(shown))
                truth.append(MOTIONS.index(trial.motion.name))
        table = torch.tensor(np.stack(features), dtype=torch.float32)
        self._middle, self._spread = table.mean(0), table.std(0) + 1e-3
        self._weights = _fitted((table - self._middle) / self._spread, torch.tensor(truth))

    def motion(self, clip: Pictures) -> str:
        """One of MOTIONS. clip: (frames, height, width, 3)."""
        features = torch.tensor(_features(clip), dtype=torch.float32)
        scaled = torch.cat([(features - self._middle) / self._spread, torch.ones(1)])
        return MOTIONS[int((scaled @ self._weights).argmax())]

    def accuracy(self, clips: Sequence[Pictures], motions: Sequence[str]) -> float:
        """Share of clips whose motion is read as the one named."""
        right = [self.motion(clip) == name for clip, name in zip(clips, motions, strict=True)]
        return float(np.mean(right))


def _fitted(table: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Weights (features + 1, motions) of a softmax regression."""
    inputs = torch.cat([table, torch.ones(len(table), 1)], dim=1)
    weights = torch.zeros(inputs.shape[1], len(MOTIONS), requires_grad=True)
    optimizer = torch.optim.AdamW([weights], lr=0.02, weight_decay=0.1)
    for _ in range(_STEPS):
        loss = functional.cross_entropy(inputs @ weights, truth)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return weights.detach()


def _features(clip: Pictures) -> NDArray[np.float64]:
    """Where the clip changes, as shares of all change, and how far it shifts and grows."""
    grey = clip.astype(np.float64).mean(3)
    deviation = grey.std(0)
    where = cv2.resize(deviation, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    where = where / (where.mean() + 1e-6)
    return np.concatenate([where.ravel(), _flow(grey)])


def _flow(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Right, down and outward movement of the whole picture: the deviation over time of each step,
    and how far they add up."""
    height, width = grey.shape[1:]
    y, x = np.mgrid[0:height, 0:width].astype(float)
    y, x = (y - height / 2) / (height / 2), (x - width / 2) / (width / 2)
    steps = []
    for before, after in pairwise(grey):
        down, right = np.gradient((before + after) / 2)
        changes = np.stack([right, down, right * x + down * y]).reshape(3, -1)
        gram = changes @ changes.T + np.eye(3)
        steps.append(np.linalg.solve(gram, -changes @ (after - before).ravel()))
    moved = np.stack(steps)
    return np.concatenate([moved.std(0), np.abs(moved.cumsum(0)).max(0)])


def _flickering(clip: Pictures, rng: np.random.Generator) -> Pictures:
    """The clip with coarse noise of its own on every frame."""
    frames, height, width, _ = clip.shape
    level = rng.uniform(0, _FLICKER_LEVELS_MAX)
    coarse = rng.normal(0, level, (frames, height // 4, width // 4, 3)).astype(np.float32)
    noise = np.stack([cv2.resize(each, (width, height)) for each in coarse])
    return np.asarray(np.clip(clip + noise, 0, 255), np.uint8)
