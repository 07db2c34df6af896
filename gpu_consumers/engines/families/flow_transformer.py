"""What transformers that follow a flow have in common, as far as drawing and training see it.

A flow goes straight from noise to picture, and the network predicts the way. Larger pictures have
more of their steps in the noise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.guidance import Pass
from gpu_consumers.engines.prompt_encoding import Conditioning
from gpu_consumers.engines.sampling_loop import Predict
from gpu_consumers.engines.slot_bank import RowTwin, SlotBank
from gpu_consumers.training.noise import FlowNoise, TrainingNoise

if TYPE_CHECKING:
    from gpu_consumers.engines.clip_drawing import ClipDrawer

# Noisy latents, their times, and the words; see `DiffusionModel.predict`.
PredictWords: TypeAlias = Callable[[torch.Tensor, torch.Tensor, Conditioning], torch.Tensor]


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

    def clips(self) -> ClipDrawer | None:
        """See `DiffusionModel.clips`."""
        return None

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
        with in_two_passes(self.bank, self.predict, twins, within, without) as predict:
            yield predict


@contextmanager
def in_two_passes(
    bank: SlotBank,
    predict: PredictWords,
    twins: Sequence[RowTwin | None],
    within: Conditioning,
    without: Conditioning | None,
) -> Iterator[Predict]:
    """As `DiffusionModel.showing`, by asking the network with the words, and then without them."""

    def both(noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        assert without is not None
        latents, _ = noisy.chunk(2)
        with bank.rows(twins):
            with_words = predict(latents, timestep, within)
        with bank.rows(twins, Pass.UNGUIDED):
            return torch.cat([predict(latents, timestep, without), with_words])

    if without is not None:
        yield both
    else:
        with bank.rows(twins):
            yield lambda noisy, timestep: predict(noisy, timestep, within)


def tokens_of(latents: torch.Tensor) -> torch.Tensor:
    """Cells (n, channels, h, w) as a transformer reads them: (n, h × w, channels), row by row."""
    return latents.flatten(2).transpose(1, 2)


def cells_of(tokens: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """What `tokens_of` made, as the latents are."""
    return tokens.transpose(1, 2).reshape(len(like), -1, *like.shape[2:])
