"""How the clips of a work are drawn one after the other, and become files that lose nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.clip_drawing import Clip, ClipDrawer, ClipSettings
from gpu_consumers.engines.diffusion_model import Picture
from gpu_consumers.engines.drawing_work import steps_each
from gpu_consumers.engines.enlarging import enlarged
from gpu_consumers.engines.loaded_engine import Progress, RenderedClip
from gpu_consumers.engines.work_watch import FrameWatch, StepWatch
from gpu_consumers.videos.lossless_clip import LosslessClip
from topics.messages.work import VideoItem, VideoWork


def rendered_clips(
    drawer: ClipDrawer,
    clip: Clip,
    work: VideoWork,
    progress: Progress,
    *,
    factors: NDArray[np.float32] | None,
    scale: int,
) -> list[RenderedClip]:
    """Draw `clip` with the seed of every item of the work, in their order.

    It is delivered `scale` times as large as it is drawn. `factors`: see `latent_preview`; None
    where the engine shows no previews. Raises what the drawer and progress raise.
    """
    steps = steps_each(work)
    settings = ClipSettings(
        work.width,
        work.height,
        work.frames,
        work.num_inference_steps,
        work.guidance_scale,
        work.frame_rate,
    )
    finished: list[RenderedClip] = []
    for number, item in enumerate(work.items):
        watch = StepWatch(
            progress,
            [item.item],
            factors,
            steps=steps,
            steps_before=number * steps,
            steps_total=len(work.items) * steps,
        )
        frames = FrameWatch(progress, work, clips_before=number)
        drawn = drawer.draw(
            replace(clip, seed=item.seed), settings, watch.after_step, frames.decoded
        )
        finished.append(_delivered(item, drawn, work.frame_rate, frames, scale))
    return finished


def _delivered(
    item: VideoItem, drawn: Picture, frame_rate: int, frames: FrameWatch, scale: int
) -> RenderedClip:
    """drawn: (frames, height, width, 3). One enlarged frame is in memory at a time."""
    height, width = (side * scale for side in drawn.shape[1:3])
    clip = LosslessClip(width, height, frame_rate)
    for number, frame in enumerate(drawn, start=1):
        clip.add(np.asarray(enlarged(frame, scale)))
        frames.written(number)
    return RenderedClip(item.item, item.seed, clip.finished(), width, height, len(drawn))
