"""How an engine trains on its machine: who tells photos there, and what if memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.engines.loaded_engine import Progress
from gpu_consumers.engines.out_of_memory import is_out_of_memory
from gpu_consumers.training.checkpoint_store import Checkpoint
from gpu_consumers.training.operators_captioner import OperatorsCaptioner, operators_captioner
from gpu_consumers.training.photo_framing import FaceReader
from gpu_consumers.training.twin_training import TwinTraining
from topics.messages.work import TrainingWork

# Asked at every training: an operator may bring the models while the worker runs.
FindPhotographFaces: TypeAlias = Callable[[], FaceReader | None]


class TrainingAttempts:
    """Trains on one loaded model, as often as it is asked to."""

    def __init__(
        self,
        diffusion: LatentDiffusion,
        cache_dir: Path,
        weights_dir: Path | None,
        photograph_faces: FindPhotographFaces,
        preview_factors: NDArray[np.float32] | None,
    ) -> None:
        self._diffusion = diffusion
        self._cache_dir, self._weights_dir = cache_dir, weights_dir
        self._photograph_faces = photograph_faces
        self._preview_factors = preview_factors
        self._recomputes = False

    def checkpoints(
        self,
        work: TrainingWork,
        photos: Sequence[bytes],
        progress: Progress,
        *,
        checkpoints_dir: Path,
        batch_size: int,
    ) -> list[Checkpoint]:
        """Learn from PNG photos; all checkpoints, by step. Raises as `TwinTraining.run` does.

        Where memory runs out, what was learnt is continued in less of it, and every later training
        begins so: it would run out again.
        """

        def learnt() -> list[Checkpoint]:
            training = TwinTraining(
                self._diffusion,
                work,
                batch_size=batch_size,
                checkpoints_dir=checkpoints_dir,
                cache_dir=self._cache_dir,
                preview_factors=self._preview_factors,
                # Held by nobody else: it makes room once the photos are told.
                captioner=self._captioner(),
                faces=self._faces(),
                recomputes=self._recomputes,
            )
            return training.run(photos, progress)

        try:
            return learnt()
        except Exception as error:
            if self._recomputes or not is_out_of_memory(error):
                raise
        # Outside the handler: the traceback would keep the first attempt's tensors alive.
        self._recomputes = True
        self._diffusion.release_memory()
        return learnt()

    # Of its own world an engine knows best: a model of photographs sees nobody in cartoons, and
    # tells them in words that the engine has never read.
    @property
    def _has_a_world(self) -> bool:
        return self._diffusion.loader.identity_reader is not None

    def _captioner(self) -> OperatorsCaptioner | None:
        if self._has_a_world:
            return None
        return operators_captioner(self._weights_dir, self._diffusion.device)

    def _faces(self) -> FaceReader | None:
        return None if self._has_a_world else self._photograph_faces()
