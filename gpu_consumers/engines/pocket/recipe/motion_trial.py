"""How clips are tried out: unseen people in every motion, drawn and rendered side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.clip_drawing import Clip, ClipSettings
from gpu_consumers.engines.latent_animation import LatentAnimation, load_latent_animation
from gpu_consumers.engines.pocket import motion_settings, twin_settings
from gpu_consumers.engines.pocket.loading import LOADER
from gpu_consumers.engines.pocket.recipe.clip_set import clip_caption
from gpu_consumers.engines.pocket.recipe.sampling import shrunk
from gpu_consumers.engines.pocket.world.clip import render_clip
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, SQUARE, Frame
from gpu_consumers.engines.pocket.world.identity import Identity, random_identity
from gpu_consumers.engines.pocket.world.motion import MOTIONS, Motion, random_motion
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import Scene, random_scene
from gpu_consumers.engines.sampling_loop import SamplingStep
from gpu_consumers.engines.slot_bank import RowTwin

STEPS: Final = 20
MOTION_WORDS: Final = LOADER.motion_words
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Trial:
    """One clip asked for: who, where, which motion, and the words for all of it."""

    identity: Identity
    scene: Scene
    motion: Motion
    prompt: str
    seed: int

    def of(self, identity: Identity) -> Trial:
        """The same of somebody else, in all the words that describe them."""
        prompt = clip_caption(identity, self.scene, self.motion.name, self.seed)
        return replace(self, identity=identity, prompt=prompt)

    def rendered(self, frames: int) -> Pictures:
        """What the clip would be in the world itself: (frames, height, width, 3)."""
        return render_clip(self.identity, self.scene, self.motion, frames)

    def still(self, frame: Frame = SQUARE) -> Pictures:
        """(height, width, 3): a portrait to be brought to life."""
        return render(self.identity, self.scene, frame=frame)


def trials(each: int, *, seed: int) -> list[Trial]:
    """`each` of every motion, every one of another unseen person, with a full caption."""
    rng = np.random.default_rng([seed, 6])
    chosen = []
    for number in range(each * len(MOTIONS)):
        identity, scene = random_identity(rng), random_scene(rng)
        name = MOTIONS[number % len(MOTIONS)]
        prompt = clip_caption(identity, scene, name, seed + number)
        chosen.append(Trial(identity, scene, random_motion(name, rng), prompt, seed + number))
    return chosen


def load_animation(weights: Path) -> LatentAnimation:
    """The pocket engine's clips as a worker would load them, from a given weights directory."""
    return load_latent_animation(
        replace(LOADER, built_in_folder=weights), weights_dir=None, device_name="cpu"
    )


def draw_clips(
    animation: LatentAnimation,
    asked: Sequence[Trial],
    *,
    frames: int,
    steps: int = STEPS,
    twin: RowTwin | None = None,
    from_stills: bool = False,
) -> list[Pictures]:
    """Each (frames, height, width, 3), shrunk to what the readers of motion were trained on.

    `from_stills` begins with each trial's portrait.
    """
    whole = draw_whole_clips(
        animation, asked, frames=frames, steps=steps, twin=twin, from_stills=from_stills
    )
    return [np.stack([shrunk(picture) for picture in clip]) for clip in whole]


def draw_whole_clips(
    animation: LatentAnimation,
    asked: Sequence[Trial],
    *,
    frames: int,
    steps: int = STEPS,
    twin: RowTwin | None = None,
    from_stills: bool = False,
) -> list[Pictures]:
    """As `draw_clips`, as large as they are drawn."""
    size = SQUARE.scaled(DRAWN_SCALE)
    settings = ClipSettings(
        size.width,
        size.height,
        frames,
        steps,
        twin_settings.GUIDANCE_SCALE,
        motion_settings.FRAMES_PER_S,
    )
    return [
        animation.draw(
            Clip(trial.prompt, "", trial.seed, twin, trial.still(size) if from_stills else None),
            settings,
            _unwatched,
        )
        for trial in asked
    ]


def without_motion(animation: LatentAnimation) -> None:
    """Take the temporal layers' effect away for good: every frame is then drawn on its own."""
    for name, parameter in animation.unet.named_parameters():
        if ".motion_modules." in name and ".proj_out." in name:
            torch.nn.init.zeros_(parameter)


def _unwatched(step: SamplingStep) -> None:
    del step
