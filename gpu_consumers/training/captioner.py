"""Who says what is in a photo besides the person: the engine itself, or a model of the operator's.

What a caption leaves out, the twin's name has to carry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.training.noise import TrainingNoise
from gpu_consumers.training.scene_telling import tell_scenes

# Phrases that are said one after the other; the first matters most.
Scene: TypeAlias = tuple[str, ...]


class Captioner(Protocol):
    """Tells photos. Neither the name nor the class of the person is in what it says."""

    def tell(
        self, photos: NDArray[np.uint8], after_each: Callable[[], None]
    ) -> list[tuple[Scene, ...]]:
        """Of each photo (n, height, width, 3) one scene at least, all of which are true of it.

        `after_each` is called now and then, and may raise to stop.
        """


class EnginesPhrases:
    """A `Captioner`: those of the phrases of the engine's entry that fit, as the engine judges."""

    def __init__(self, diffusion: LatentDiffusion, noise: TrainingNoise) -> None:
        self._diffusion, self._noise = diffusion, noise

    def tell(
        self, photos: NDArray[np.uint8], after_each: Callable[[], None]
    ) -> list[tuple[Scene, ...]]:
        """See `Captioner.tell`: one scene of each."""
        return [(scene,) for scene in tell_scenes(self._diffusion, self._noise, photos, after_each)]
