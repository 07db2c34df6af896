"""What differs between families of networks. What draws, batches and trains is common to all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.guidance import Guidance
from gpu_consumers.engines.prompt_encoding import Conditioning
from gpu_consumers.engines.sampling_loop import Predict
from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

if TYPE_CHECKING:
    from gpu_consumers.engines.clip_drawing import ClipDrawer
    from gpu_consumers.training.noise import TrainingNoise

Picture: TypeAlias = NDArray[np.uint8]


class SeededNoise(NamedTuple):
    """Standard normal noise of one picture, (channels, h, w), on the device, and what made it.

    A scheduler that adds noise later takes it from the same generator.
    """

    noise: torch.Tensor
    generator: torch.Generator


class DiffusionModel(Protocol):
    """One loaded network with its text encoders and autoencoder. Not thread-safe.

    Latents are (n, channels, h, w), scaled. `pipeline` is diffusers' own, with the same components.
    """

    @property
    def loader(self) -> EngineLoader:
        """The engine that this is."""

    @property
    def device(self) -> torch.device: ...

    @property
    def pipeline(self) -> Any: ...

    @property
    def network(self) -> Any:
        """What removes noise, and what a twin changes."""

    @property
    def component(self) -> str:
        """What the pipeline calls the network, and every key of an adapter begins with."""

    @property
    def scheduler(self) -> Any:
        """Never changed: whoever uses it copies it."""

    @property
    def bank(self) -> SlotBank:
        """The twins that the network can show."""

    @property
    def guidance(self) -> Guidance: ...

    @property
    def pixels_per_cell(self) -> int:
        """How many pixels of height or width of a drawn picture one latent cell stands for."""

    @property
    def drawn_scale(self) -> int:
        """How many times as wide and high a picture is drawn as it is encoded: mostly 1."""

    def noise(self, seed: int, *, width: int, height: int) -> SeededNoise:
        """What a picture of so many pixels begins with: the same on every device."""

    def set_times(self, scheduler: Any, num_inference_steps: int, noise: torch.Tensor) -> None:
        """Give a copy of the scheduler its steps, for pictures that begin with noise like this."""

    def embed(self, prompts: Sequence[str], *, chunks_max: int = ...) -> Conditioning:
        """Encode prompts on the device.

        Where the text encoder reads in chunks, what no `chunks_max` of them hold is not read.
        """

    def predict(
        self, noisy: torch.Tensor, timesteps: torch.Tensor, words: Conditioning
    ) -> torch.Tensor:
        """The network's guess for noisy latents, of their shape; gradients flow.

        `timesteps`: one for all rows, or (n,); as the scheduler counts them.
        """

    def showing(
        self,
        twins: Sequence[RowTwin | None],
        within: Conditioning,
        without: Conditioning | None,
    ) -> AbstractContextManager[Predict]:
        """Inside, the network predicts for rows with these twins and words.

        With `without`, what it is asked for is twice as long and its unguided half first, however
        the family itself orders the halves, or makes two passes of them.
        """

    def encode(self, pictures: Picture) -> torch.Tensor:
        """Pictures (n, height, width, 3) RGB to latents, float32; as large as they are read."""

    def decode(self, latents: torch.Tensor) -> Picture:
        """Latents to pictures (n, height, width, 3) RGB."""

    def preview(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents as the engine's preview factors take them: (n, channels, h, w)."""

    def clips(self) -> ClipDrawer | None:
        """What draws clips with this network; None where it takes a motion adapter besides."""

    def training_noise(self) -> TrainingNoise:
        """How noise is mixed in where this network is trained."""

    def in_training(self) -> AbstractContextManager[None]:
        """Inside, gradients through the network are as cheap as the device allows."""
