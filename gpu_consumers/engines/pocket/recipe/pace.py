"""How long a stage may train, and what its learning rate is meanwhile; both survive a restart."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Final

import torch

CHECKPOINT_EVERY_S: Final = 120.0
_FLOOR: Final = 0.02


@dataclass
class Pace:
    """A stage's clock. `before_s` is what earlier runs of the same stage have already spent."""

    limit_s: float
    before_s: float = 0.0
    _started_at: float = field(default_factory=time.monotonic)
    _saved_at: float = field(default_factory=time.monotonic)

    @property
    def spent_s(self) -> float:
        return self.before_s + time.monotonic() - self._started_at

    @property
    def share(self) -> float:
        return min(1.0, self.spent_s / self.limit_s)

    @property
    def is_over(self) -> bool:
        return self.spent_s >= self.limit_s

    def wants_checkpoint(self) -> bool:
        """True once every CHECKPOINT_EVERY_S."""
        if time.monotonic() - self._saved_at < CHECKPOINT_EVERY_S:
            return False
        self._saved_at = time.monotonic()
        return True

    def learning_rate(self, peak: float, step: int, *, warm_up_steps: int, flat: float) -> float:
        """Rises over the first steps, stays flat for a share of the time, falls as a cosine."""
        fall = min(1.0, max(0.0, (self.share - flat) / (1 - flat)))
        warm = min(1.0, (step + 1) / warm_up_steps)
        return peak * warm * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * fall)))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
