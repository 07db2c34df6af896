"""What transformers that follow a flow have in common, as far as drawing and training see it.

A flow goes straight from noise to picture, and the network predicts the way. Larger pictures have
more of their steps in the noise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.guidance import Pass
from gpu_consumers.engines.prompt_encoding import Conditioning
from gpu_consumers.engines.sampling_loop import Predict
from gpu_consumers.engines.slot_bank import RowTwin, SlotBank
from gpu_consumers.training.noise import FlowNoise, TrainingNoise


class FlowTransformer:
    """The common part of a `DiffusionModel` whose network is a transformer."""

    def __init__(self, loader: EngineLoader, pipeline: Any, device: torch.device) -> None:
        self.loader = loader
        self.device = device
        self.pipeline = pipeline
        self.bank = SlotBank(
            self.network,
            loader.twin.lora_targets,
            slots=loader.slots,
            rank_max=loader.rank_max,
            unguided_share=loader.twin_share_unguided,
        )

    @property
    def network(self) -> Any:
        return self.pipeline.transformer

    @property
    def component(self) -> str:
        return self.loader.pipeline_class.component

    @property
    def scheduler(self) -> Any:
        return self.pipeline.scheduler

    @property
    def drawn_scale(self) -> int:
        """See `DiffusionModel.drawn_scale`: what is read and what is drawn are of one size."""
        return 1

    def training_noise(self) -> TrainingNoise:
        """See `DiffusionModel.training_noise`."""
        return FlowNoise(self.scheduler, self.device)

    @contextmanager
    def in_training(self) -> Iterator[None]:
        """See `DiffusionModel.in_training`: there is nothing to be gained."""
        yield


class TwoPassFlowTransformer(FlowTransformer, ABC):
    """The common part of those that are asked with the words, and then once more without them."""

    @abstractmethod
    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """See `DiffusionModel.predict`."""

    @contextmanager
    def showing(
        self,
        twins: Sequence[RowTwin | None],
        within: Conditioning,
        without: Conditioning | None,
    ) -> Iterator[Predict]:
        """See `DiffusionModel.showing`."""

        def in_two_passes(noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            assert without is not None
            latents, _ = noisy.chunk(2)
            with self.bank.rows(twins):
                with_words = self.predict(latents, timestep, within)
            with self.bank.rows(twins, Pass.UNGUIDED):
                return torch.cat([self.predict(latents, timestep, without), with_words])

        if without is not None:
            yield in_two_passes
        else:
            with self.bank.rows(twins):
                yield lambda noisy, timestep: self.predict(noisy, timestep, within)


def tokens_of(latents: torch.Tensor) -> torch.Tensor:
    """Cells (n, channels, h, w) as a transformer reads them: (n, h × w, channels), row by row."""
    return latents.flatten(2).transpose(1, 2)


def cells_of(tokens: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """What `tokens_of` made, as the latents are."""
    return tokens.transpose(1, 2).reshape(len(like), -1, *like.shape[2:])
