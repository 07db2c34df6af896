"""How often a job's progress is published: at most twice a second, the latest always wins."""

from __future__ import annotations

from typing import Final

from gpu_consumers.worker.assignments import Advanced

PUBLISH_INTERVAL_S: Final = 0.5


class ProgressPace:
    """Holds the newest report back until it may be published."""

    def __init__(self) -> None:
        self._waiting: Advanced | None = None
        self._published_s = float("-inf")

    def note(self, advanced: Advanced) -> None:
        """A newer report replaces one that still waits."""
        self._waiting = advanced

    def due(self, now_s: float) -> Advanced | None:
        """The report to publish now, once."""
        if self._waiting is None or now_s - self._published_s < PUBLISH_INTERVAL_S:
            return None
        advanced, self._waiting = self._waiting, None
        self._published_s = now_s
        return advanced
