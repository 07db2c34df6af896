"""Whether clips move as asked and stay the same person: gate 6.

How much moves is compared with the renderer, both ways: frames that are each drawn on their own
differ more than a blink does. Frames that share nearly all of their noise hardly flicker whatever
the temporal layers do; which motion is read is what such frames cannot have by themselves.
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
from gpu_consumers.engines.pocket.recipe.motion_reader import MotionReader
from gpu_consumers.engines.pocket.recipe.motion_trial import (
    draw_clips,
    load_animation,
    trials,
    without_motion,
)
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

LIKENESS_MIN: Final = 0.45
"""Of the visible motion to a rendered clip's, in the median clip."""
MOTION_READ_MIN: Final = 0.5
"""Of the clips, by `MotionReader`; chance is 0.2."""
# Three fifths of what frames have that share words and four fifths of their noise, but see nothing
# of each other.
JITTER_MAX: Final = 0.052
"""Mean of 1 - cosine between the identities of consecutive frames."""
FLICKER_MAX: Final = 7.7
"""Mean distance of a frame from the mean of its neighbours, in levels of 255."""
_EACH: Final = 4
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
    reader, figures = MotionReader(), {}
    for name, clips in (("", drawn), ("_real", real), ("_unlinked", unlinked)):
        figures[f"likeness{name}"] = float(np.median(motion_likeness(clips, real)))
        figures[f"motion_read{name}"] = reader.accuracy(clips, [each.motion.name for each in asked])
        figures[f"jitter{name}"] = mean_jitter(analyser, clips)
        figures[f"flicker{name}"] = mean_flicker(clips)
    figures = {name: round(value, 4) for name, value in figures.items()}
    print("motion gate", figures, flush=True)
    pass_gate("visible motion, likeness to real clips", figures["likeness"], LIKENESS_MIN)
    pass_gate("motion read is the one asked for", figures["motion_read"], MOTION_READ_MIN)
    pass_gate("identity jitter to spare", JITTER_MAX - figures["jitter"], 0.0)
    pass_gate("flicker to spare", FLICKER_MAX - figures["flicker"], 0.0)
    return figures
