"""How noise is mixed in, in training and in sampling: velocity prediction down to pure noise."""

from __future__ import annotations

from typing import Any, Final

import torch
from diffusers import DDIMScheduler

TIMESTEPS: Final = 1000
SNR_CAP: Final = 5.0
# No timestep is drawn less than this, relative to the heaviest.
_SHARE_MIN: Final = 0.3


def make_scheduler() -> Any:
    return DDIMScheduler(
        num_train_timesteps=TIMESTEPS,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
    )


class NoiseSchedule:
    """Signal and noise amounts by timestep, and timesteps drawn by their importance."""

    def __init__(self, device: str) -> None:
        signal = make_scheduler().alphas_cumprod.clone().to(device)
        ratio = signal / (1 - signal)
        self.weights = torch.minimum(ratio + 1, torch.tensor(SNR_CAP, device=device)) / (ratio + 1)
        self._signal = signal.sqrt()
        self._noise = (1 - signal).sqrt()
        density = self.weights.clamp_min(_SHARE_MIN)
        self._cumulative = torch.cumsum(density / density.sum(), 0)

    def draw_timesteps(self, count: int) -> torch.Tensor:
        """Drawn in proportion to the loss weight, one from each of `count` equal slices."""
        device = self._cumulative.device
        places = (torch.arange(count, device=device) + torch.rand(count, device=device)) / count
        return torch.searchsorted(self._cumulative, places).clamp(0, TIMESTEPS - 1)

    def mix(self, latents: torch.Tensor, noise: torch.Tensor, timesteps: torch.Tensor) -> Any:
        """The noisy latents and the velocity to be predicted: two (n, 4, h, w)."""
        signal, dirt = self._amounts(timesteps)
        return signal * latents + dirt * noise, signal * noise - dirt * latents

    def clean(self, noisy: torch.Tensor, velocity: torch.Tensor, timesteps: torch.Tensor) -> Any:
        """The latents that a velocity prediction implies."""
        signal, dirt = self._amounts(timesteps)
        return signal * noisy - dirt * velocity

    def _amounts(self, timesteps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self._signal[timesteps][:, None, None, None], self._noise[timesteps][
            :, None, None, None
        ]
