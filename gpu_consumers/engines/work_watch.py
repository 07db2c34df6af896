"""How steps and frames become progress, with previews of everything that is being drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.latent_preview import preview_strip
from gpu_consumers.engines.loaded_engine import Preview, Progress
from gpu_consumers.engines.sampling_loop import SamplingStep
from topics.messages.progress import Phase
from topics.messages.work import VideoWork


class StepWatch:
    """Reports the `steps` of one batch of `items`, `steps_before` of `steps_total` being done.

    `factors`: see `latent_preview`; None where the engine shows no previews.
    """

    def __init__(
        self,
        progress: Progress,
        items: Sequence[int],
        factors: NDArray[np.float32] | None,
        *,
        steps: int,
        steps_before: int,
        steps_total: int,
    ) -> None:
        self._progress = progress
        self._items = items
        self._factors = factors
        self._steps = steps
        self._steps_before = steps_before
        self._steps_total = steps_total

    def after_step(self, step: SamplingStep) -> None:
        """See `sampling_loop.OnStep`: nothing stops alone."""
        factors = self._factors

        def show() -> Preview:
            assert factors is not None
            latents = step.clean()
            if latents.ndim == 5:
                latents = latents[:, :, latents.shape[2] // 2]
            png = preview_strip(latents.float().cpu().numpy(), factors)
            return Preview(tuple(self._items[row] for row in step.rows), png)

        # Some schedulers make a step more than they were asked for: it is none of the next clip.
        done = min(self._steps_before + min(step.done, self._steps), self._steps_total)
        self._progress.report(
            Phase.STEP, done, self._steps_total, None if factors is None else show
        )


class FrameWatch:
    """Reports the frames of one clip of a work: each is decoded, and each is written."""

    def __init__(self, progress: Progress, work: VideoWork, *, clips_before: int) -> None:
        self._progress = progress
        self._frames = work.frames
        self._before = 2 * work.frames * clips_before
        self._total = 2 * work.frames * len(work.items)

    def decoded(self, frames: int) -> None:
        """So many frames of this clip are decoded. Raises Stopped."""
        self._progress.report(Phase.DECODE, self._before + frames, self._total)

    def written(self, frames: int) -> None:
        """So many frames of this clip, all decoded, are written. Raises Stopped."""
        self._progress.report(Phase.DECODE, self._before + self._frames + frames, self._total)
