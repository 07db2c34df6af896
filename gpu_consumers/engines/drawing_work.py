"""What pictures and clips have in common in what is asked for."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from gpu_consumers.engines.step_count import steps_made
from topics.messages.work import ImageWork, SourcePicture, VideoWork

DrawingWork: TypeAlias = ImageWork | VideoWork


def named_source(work: DrawingWork) -> SourcePicture | None:
    """What the work begins from, if it does not begin from words alone."""
    return None if isinstance(work.source, msgspec.UnsetType) else work.source


def steps_each(work: DrawingWork) -> int:
    """How many steps are made for every batch of pictures, or for every clip."""
    source = named_source(work)
    if source is None:
        return work.num_inference_steps
    return steps_made(work.num_inference_steps, source.strength)
