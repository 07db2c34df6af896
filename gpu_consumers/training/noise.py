"""How much noise a training step mixes in, what the UNet has to answer, and what an error costs."""

from __future__ import annotations

from typing import Any

import torch


class TrainingNoise:
    """The scheduler's noise levels seen from training. All tensors live on `device`.

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
        """How many timesteps the schedule has."""
        return len(self._weights)

    def draw_timesteps(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """(count,): one from each of `count` equal slices of the schedule, in random order."""
        places = (torch.arange(count) + torch.rand(count, generator=generator)) / count
        shuffled = places[torch.randperm(count, generator=generator)]
        timesteps = (shuffled * self.levels).long().clamp(0, self.levels - 1)
        return timesteps.to(self._weights.device)

    def mix(
        self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Noisy latents and the answer to be learnt, both (n, channels, h, w)."""
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
        """The weighted mean squared error, a scalar; within `region` (h, w) alone if given."""
        squares = (guess.float() - answer) ** 2
        errors = (squares if region is None else squares[..., region].unsqueeze(-1)).mean((1, 2, 3))
        weighted: torch.Tensor = self._weights[timesteps] * errors
        return weighted.mean()
