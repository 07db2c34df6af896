"""Whether clips move and stay the same person: gate 6.

How much moves is compared with the renderer, both ways: frames that are each drawn on their own
differ more than a blink does. Flicker and identity jitter are compared with such frames.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.recipe.export import export
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.motion_measures import (
    mean_flicker,
    mean_jitter,
    motion_likeness,
)
from gpu_consumers.engines.pocket.recipe.motion_trial import (
    draw_clips,
    load_animation,
    trials,
    without_motion,
)
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

LIKENESS_MIN: Final = 0.45
"""Of the visible motion to a rendered clip's, in the median clip."""
UNLINKED_SHARE_MAX: Final = 0.6
"""Of the identity jitter, and of the flicker, of frames that share words and most of their noise
but see nothing of each other. Where a rendered clip has more than that, as much as it has."""
_EACH: Final = 2
_FRAMES: Final = 24
_STEPS: Final = 14
_SEED: Final = 61_000


def pass_motion_gate(work_dir: WorkDir) -> dict[str, Any]:
    """Gate: clips drawn from words, against rendered ones and against unlinked frames."""
    weights = work_dir.path("candidate")
    export(work_dir, weights)
    animation, analyser = load_animation(weights), PocketFaceAnalyser.load(weights)
    asked = trials(_EACH, seed=_SEED)
    real = [trial.rendered(_FRAMES) for trial in asked]
    drawn = draw_clips(animation, asked, frames=_FRAMES, steps=_STEPS)
    without_motion(animation)
    unlinked = draw_clips(animation, asked, frames=_FRAMES, steps=_STEPS)
    figures = {
        "likeness": float(np.median(motion_likeness(drawn, real))),
        "likeness_unlinked": float(np.median(motion_likeness(unlinked, real))),
    }
    for name, clips in (("", drawn), ("_real", real), ("_unlinked", unlinked)):
        figures[f"jitter{name}"] = mean_jitter(analyser, clips)
        figures[f"flicker{name}"] = mean_flicker(clips)
    figures = {name: round(value, 4) for name, value in figures.items()}
    print("motion gate", figures, flush=True)
    pass_gate("visible motion, likeness to real clips", figures["likeness"], LIKENESS_MIN)
    for name in ("jitter", "flicker"):
        bound = bound_of(figures[f"{name}_real"], figures[f"{name}_unlinked"])
        pass_gate(f"{name} to spare below its bound", bound - figures[name], 0.0)
    return figures


def bound_of(real: float, unlinked: float) -> float:
    """How much jitter or flicker a clip may have."""
    return max(real, UNLINKED_SHARE_MAX * unlinked)
