"""How much a clip moves, and how much its person changes from frame to frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.recipe.twin_figures import vectors_of

Pictures = NDArray[np.uint8]


def visible_motion(clip: Pictures) -> float:
    """The face region's largest mean difference to the first frame over time, in levels of 255."""
    height, width = clip.shape[1:3]
    face = clip[:, height // 8 : height * 7 // 8, width // 8 : width * 7 // 8].astype(float)
    return float(np.abs(face - face[0]).mean((1, 2, 3)).max())


def flicker(clip: Pictures) -> float:
    """How far a frame is from the mean of its neighbours, in levels of 255: smooth motion has
    little of it, frames drawn each on its own have much."""
    frames = clip.astype(float)
    return float(np.abs(frames[1:-1] - (frames[:-2] + frames[2:]) / 2).mean())


def identity_jitter(analyser: PocketFaceAnalyser, clip: Pictures) -> float:
    """Mean of 1 - cosine between the identities of consecutive frames; a frame without a face is
    as far from its neighbours as can be."""
    vectors, _ = vectors_of(analyser, clip)
    return float(1 - (vectors[1:] * vectors[:-1]).sum(1).mean())


def motion_likeness(drawn: Sequence[Pictures], real: Sequence[Pictures]) -> list[float]:
    """Each clip's visible motion against the real one's: 1 for as much, towards 0 for less.

    More than the real one's counts as its inverse, or frames that differ at random would pass.
    """
    shares = [
        visible_motion(mine) / visible_motion(theirs)
        for mine, theirs in zip(drawn, real, strict=True)
    ]
    return [min(share, 1 / max(share, 1e-6)) for share in shares]


def mean_flicker(clips: Sequence[Pictures]) -> float:
    return float(np.mean([flicker(clip) for clip in clips]))


def mean_jitter(analyser: PocketFaceAnalyser, clips: Sequence[Pictures]) -> float:
    return float(np.mean([identity_jitter(analyser, clip) for clip in clips]))
