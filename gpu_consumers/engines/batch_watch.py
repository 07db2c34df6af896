"""How the steps of one batch become the progress of every job in it, and a stop of one its end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.drawing_work import steps_each
from gpu_consumers.engines.latent_preview import preview_strip
from gpu_consumers.engines.loaded_engine import (
    NotDrawn,
    Preview,
    Share,
    ShowPreview,
    Stopped,
)
from gpu_consumers.engines.sampling_loop import SamplingStep
from topics.messages.progress import Phase


class BatchWatch:
    """Rows of the batch are the items of its shares, one share after the other.

    `factors`: see `latent_preview`; None where the engine shows no previews. Whatever a share is
    left out for stands in `left_out`, by the share's number.
    """

    def __init__(self, shares: Sequence[Share], factors: NDArray[np.float32] | None) -> None:
        self._shares = shares
        self._factors = factors
        self._steps = [steps_each(share.work) for share in shares]
        self._rows: list[tuple[int, int]] = []
        self.left_out: dict[int, NotDrawn] = {}

    def add(self, number: int) -> None:
        """The next rows of the batch are this share's."""
        self._rows += [(number, item.item) for item in self._shares[number].items]

    def leave_out(self, number: int, error: Exception) -> None:
        """There will be nothing of this share."""
        self.left_out[number] = NotDrawn(error)

    def share_of(self, row: int) -> int:
        """Whose row it is."""
        return self._rows[row][0]

    def after_step(self, step: SamplingStep) -> Collection[int]:
        """See `sampling_loop.OnStep`: what a job has stopped, stops alone."""
        clean = cache(lambda: step.clean().float().cpu().numpy())
        for number in sorted({number for number, _ in self._rows} - self.left_out.keys()):
            try:
                self._report(number, step, clean)
            except Stopped as stopped:
                self.leave_out(number, stopped)
        return [row for row, (number, _) in enumerate(self._rows) if number in self.left_out]

    def _report(
        self, number: int, step: SamplingStep, clean: Callable[[], NDArray[np.float32]]
    ) -> None:
        share = self._shares[number]
        # Who begins with a picture makes fewer steps, the last ones.
        late = max(self._steps) - self._steps[number]
        # Some schedulers make a step more than they were asked for: it is none of the next batch.
        made = min(max(step.done - late, 0), self._steps[number])
        done = min(share.steps_before + made, share.steps_total)
        share.progress.report(
            Phase.STEP, done, share.steps_total, self._preview(number, step, clean)
        )

    def _preview(
        self, number: int, step: SamplingStep, clean: Callable[[], NDArray[np.float32]]
    ) -> ShowPreview | None:
        factors = self._factors
        places = [place for place, row in enumerate(step.rows) if self.share_of(row) == number]
        if factors is None or not places:
            return None

        def show() -> Preview:
            items = tuple(self._rows[step.rows[place]][1] for place in places)
            return Preview(items, preview_strip(clean()[places], factors))

        return show
