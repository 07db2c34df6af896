"""What clips look like, on one strip that a person can judge.

`python -m gpu_consumers.engines.pocket.recipe.frame_strip`

Rows of evenly spaced frames of four-second clips: one of every motion, drawn from words; one of a
twin, nodding; one that brings a given picture to life, its first frame.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.recipe.export import WEIGHTS_DIR
from gpu_consumers.engines.pocket.recipe.motion_figures import hold, twin_prompt
from gpu_consumers.engines.pocket.recipe.motion_trial import (
    draw_whole_clips,
    load_animation,
    trials,
)
from gpu_consumers.engines.pocket.recipe.sheet_file import write_sheet
from gpu_consumers.engines.pocket.recipe.twin_jobs import TwinJobs
from gpu_consumers.engines.pocket.world.motion import MOTIONS
from gpu_consumers.engines.pocket.world.photo_set import described_photo_set

_FRAMES: Final = 32
# Blinks and syllables are over in half a second: their rows show neighbouring frames.
_EVERY: Final = {"blink": 1, "talk": 1, "nod": 1, "turn": 2, "push": 3}
_COLUMNS: Final = 8
_GAP_PX: Final = 4
_SEED: Final = 90_000
_Pictures = NDArray[np.uint8]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gpu_consumers.engines.pocket.recipe.frame_strip")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_DIR)
    parser.add_argument("--output", type=Path, default=WEIGHTS_DIR / "frame_strip.webp")
    parser.add_argument("--twin-seed", type=int, default=5000)
    options = parser.parse_args(arguments)
    torch.set_num_threads(2)
    strip = np.concatenate(_rows(options.weights, options.twin_seed))
    write_sheet(strip, options.output)
    return 0


def _rows(weights: Path, twin_seed: int) -> list[_Pictures]:
    animation = load_animation(weights)
    asked = trials(1, seed=_SEED)
    rows = [
        _row(clip, trial.motion.name)
        for trial, clip in zip(
            asked, draw_whole_clips(animation, asked, frames=_FRAMES), strict=True
        )
    ]
    photos = described_photo_set(twin_seed)
    twin, _ = TwinJobs(weights).train(photos, seed=twin_seed)
    nod = asked[MOTIONS.index("nod")].of(photos.identity)
    named = replace(nod, prompt=twin_prompt(nod))
    held = hold(animation, "twin", twin.adapter)
    (clip,) = draw_whole_clips(animation, [named], frames=_FRAMES, twin=held)
    rows.append(_row(clip, "nod"))
    given = trials(1, seed=_SEED + 1)[MOTIONS.index("turn")]
    (clip,) = draw_whole_clips(animation, [given], frames=_FRAMES, from_stills=True)
    rows.append(_row(clip, "turn"))
    return rows


def _row(clip: _Pictures, motion: str) -> _Pictures:
    """Frames side by side, from the first one."""
    every = _EVERY[motion]
    shown = clip[: _COLUMNS * every : every]
    gaps = ((0, 0), (0, _GAP_PX), (0, _GAP_PX), (0, 0))
    return np.concatenate(list(np.pad(shown, gaps, constant_values=255)), axis=1)


if __name__ == "__main__":
    sys.exit(main())
