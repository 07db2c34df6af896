"""How much noise a training step mixes in, what the network answers, and what an error costs."""

from __future__ import annotations

from typing import Any, Protocol

import torch


class TrainingNoise(Protocol):
    """A schedule's noise levels seen from training."""

    @property
    def levels(self) -> int:
        """How many timesteps the schedule has."""

    def draw_timesteps(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """(count,): one from each of `count` equal slices of the schedule, in random order."""

    def mix(
        self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Noisy latents and the answer to be learnt, both (n, channels, h, w)."""

    def loss(
        self,
        guess: torch.Tensor,
        answer: torch.Tensor,
        timesteps: torch.Tensor,
        region: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The weighted mean squared error, a scalar; within `region` (h, w) alone if given."""


class DiscreteNoise:
    """See `TrainingNoise`: of a schedule with so many levels. All tensors live on `device`.

    The loss weight is min-SNR: it keeps nearly clean timesteps from drowning the others. With a
    zero-SNR schedule the plain form gives pure noise no weight at all, so one is added there.
    """

    def __init__(self, scheduler: Any, device: torch.device, *, snr_cap: float) -> None:
        signal = scheduler.alphas_cumprod.to(device, torch.float32)
        self._predicts_velocity = scheduler.config.prediction_type == "v_prediction"
        ratio = signal / (1 - signal)
        if not self._predicts_velocity:
            self._weights = ratio.clamp(max=snr_cap) / ratio.clamp(min=1e-8)
        elif getattr(scheduler.config, "rescale_betas_zero_snr", False):
            self._weights = (ratio + 1).clamp(max=snr_cap) / (ratio + 1)
        else:
            self._weights = ratio.clamp(max=snr_cap) / (ratio + 1)
        self._signal, self._noise = signal.sqrt(), (1 - signal).sqrt()

    @property
    def levels(self) -> int:
        """See `TrainingNoise.levels`."""
        return len(self._weights)

    def draw_timesteps(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """See `TrainingNoise.draw_timesteps`."""
        timesteps = (_places(count, generator) * self.levels).long().clamp(0, self.levels - 1)
        return timesteps.to(self._weights.device)

    def mix(
        self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `TrainingNoise.mix`."""
        signal = self._signal[timesteps][:, None, None, None]
        dirt = self._noise[timesteps][:, None, None, None]
        noisy = signal * latents + dirt * noise
        return noisy, signal * noise - dirt * latents if self._predicts_velocity else noise

    def loss(
        self,
        guess: torch.Tensor,
        answer: torch.Tensor,
        timesteps: torch.Tensor,
        region: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See `TrainingNoise.loss`."""
        weighted: torch.Tensor = self._weights[timesteps] * _errors(guess, answer, region)
        return weighted.mean()


class FlowNoise:
    """See `TrainingNoise`: of a flow, which goes straight from the picture, 0, to the noise.

    Timesteps are shifted as the scheduler shifts them: large pictures are drawn, and learnt, mostly
    while there is much noise. Every level counts the same.
    """

    def __init__(self, scheduler: Any, device: torch.device) -> None:
        self._levels: int = scheduler.config.num_train_timesteps
        settings = scheduler.config
        self._shift = 1.0 if settings.use_dynamic_shifting else float(settings.shift)
        self._device = device

    @property
    def levels(self) -> int:
        """See `TrainingNoise.levels`."""
        return self._levels

    def draw_timesteps(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """See `TrainingNoise.draw_timesteps`: not whole numbers."""
        places = _places(count, generator)
        shifted = self._shift * places / (1 + (self._shift - 1) * places)
        return (shifted * self._levels).to(self._device)

    def mix(
        self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `TrainingNoise.mix`."""
        dirt = (timesteps.float() / self._levels)[:, None, None, None]
        return (1 - dirt) * latents + dirt * noise, noise - latents

    def loss(
        self,
        guess: torch.Tensor,
        answer: torch.Tensor,
        timesteps: torch.Tensor,
        region: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See `TrainingNoise.loss`."""
        del timesteps
        return _errors(guess, answer, region).mean()


def _places(count: int, generator: torch.Generator) -> torch.Tensor:
    """(count,) from 0 to 1: one of each equal slice, so that no step sees much noise alone."""
    places = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    return places[torch.randperm(count, generator=generator)]


def _errors(guess: torch.Tensor, answer: torch.Tensor, region: torch.Tensor | None) -> torch.Tensor:
    """(n,): the mean squared error of each row."""
    squares = (guess.float() - answer) ** 2
    within = squares if region is None else squares[..., region].unsqueeze(-1)
    return within.mean((1, 2, 3))
