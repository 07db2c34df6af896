"""How many threads to train with: on a busy machine the second one costs more than it gives."""

from __future__ import annotations

import time
from typing import Final

import torch

THREADS_MAX: Final = 2
_PROBE_STEPS: Final = 6
_KEEP_S: Final = 60.0


class Threads:
    """Times a few steps with each number of threads, keeps the faster, and asks again later.

    Call `step_done` after every training step.
    """

    def __init__(self, at_most: int = THREADS_MAX) -> None:
        self._candidates = list(range(1, at_most + 1))
        self._seconds: list[float] = []
        self._steps = 0
        self._since = time.monotonic()
        torch.set_num_threads(self._candidates[0])

    def step_done(self) -> None:
        self._steps += 1
        elapsed = time.monotonic() - self._since
        if len(self._seconds) == len(self._candidates):
            if elapsed > _KEEP_S:
                self._seconds = []
                self._use(self._candidates[0])
        elif self._steps >= _PROBE_STEPS:
            self._seconds.append(elapsed)
            tried = len(self._seconds)
            if tried < len(self._candidates):
                self._use(self._candidates[tried])
            else:
                self._use(self._candidates[self._seconds.index(min(self._seconds))])

    def _use(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self._steps, self._since = 0, time.monotonic()
