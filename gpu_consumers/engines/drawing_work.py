"""What pictures and clips have in common in what is asked for."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.source_picture import source_picture
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


def drawn_source(work: DrawingWork, png: bytes | None) -> NDArray[np.uint8] | None:
    """What the work begins from, as large as it is drawn. Raises SourceUnreadable."""
    return None if png is None else source_picture(png, work.width, work.height)


def drawn_strength(work: DrawingWork) -> float:
    """How much of what the work begins from is drawn anew; all where it begins from words."""
    source = named_source(work)
    return 1.0 if source is None else source.strength
