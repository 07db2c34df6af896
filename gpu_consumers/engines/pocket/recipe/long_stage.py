"""How a stage of many minutes runs: step by step, saved and reported by the clock."""

from __future__ import annotations

from typing import Any, Final, Protocol

from gpu_consumers.engines.pocket.recipe.pace import Pace
from gpu_consumers.engines.pocket.recipe.threads import THREADS_MAX, Threads

REPORT_EVERY_S: Final = 300.0


class LongStage(Protocol):
    """What is trained. `pace` counts what earlier runs spent."""

    @property
    def pace(self) -> Pace: ...

    def train_step(self) -> None:
        """One step. May raise GateFailed."""
        ...

    def save(self) -> None:
        """Write the checkpoint."""
        ...

    def report(self) -> dict[str, Any]:
        """Measure, print and return the figures so far."""
        ...


def train_until_over(stage: LongStage, *, threads_max: int = THREADS_MAX) -> dict[str, Any]:
    """Train for as long as the pace says, save at the end, and return the last figures.

    `threads_max`: of every operation; a stage with threads of its own wants one.
    """
    reported_s, threads = stage.pace.spent_s, Threads(threads_max)
    while not stage.pace.is_over:
        stage.train_step()
        threads.step_done()
        if stage.pace.wants_checkpoint():
            stage.save()
        if stage.pace.spent_s - reported_s > REPORT_EVERY_S:
            reported_s = stage.pace.spent_s
            stage.report()
    stage.save()
    return stage.report()
