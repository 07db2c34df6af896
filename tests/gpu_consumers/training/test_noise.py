"""Noise levels, answers and weights, against their formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gpu_consumers.training.noise import DiscreteNoise

pytestmark = pytest.mark.engine


def noise_of(prediction_type: str, *, zero_snr: bool) -> DiscreteNoise:
    import torch
    from diffusers import DDIMScheduler

    from gpu_consumers.training.noise import DiscreteNoise

    scheduler = DDIMScheduler(prediction_type=prediction_type, rescale_betas_zero_snr=zero_snr)
    return DiscreteNoise(scheduler, torch.device("cpu"), snr_cap=5.0)


def test_pure_noise_still_counts_in_a_zero_snr_schedule() -> None:
    import torch

    noise = noise_of("v_prediction", zero_snr=True)
    last = torch.tensor([999])
    loss = noise.loss(torch.ones(1, 4, 2, 2), torch.zeros(1, 4, 2, 2), last)
    assert float(loss) == pytest.approx(1.0, abs=1e-4)


def test_outside_the_region_an_error_costs_nothing() -> None:
    import torch

    noise = noise_of("v_prediction", zero_snr=True)
    answer, guess = torch.zeros(2, 4, 2, 2), torch.zeros(2, 4, 2, 2)
    guess[..., 0, :], guess[..., 1, :] = 1.0, 7.0
    region = torch.tensor([[True, True], [False, False]])
    loss = noise.loss(guess, answer, torch.tensor([999, 999]), region)
    assert float(loss) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
def test_nearly_clean_pictures_do_not_drown_the_others(prediction_type: str) -> None:
    import torch

    noise = noise_of(prediction_type, zero_snr=False)
    guess, answer = torch.ones(1, 4, 2, 2), torch.zeros(1, 4, 2, 2)
    clean = float(noise.loss(guess, answer, torch.tensor([5])))
    middle = float(noise.loss(guess, answer, torch.tensor([400])))
    assert clean < 0.1 < middle


def test_velocity_and_noise_lead_back_to_the_picture() -> None:
    import torch

    latents, dirt = torch.randn(3, 4, 2, 2), torch.randn(3, 4, 2, 2)
    noise = noise_of("v_prediction", zero_snr=True)
    timesteps = torch.tensor([10, 500, 900])
    noisy, velocity = noise.mix(latents, dirt, timesteps)
    signal = noise._signal[timesteps][:, None, None, None]
    amount = noise._noise[timesteps][:, None, None, None]
    assert torch.allclose(signal * noisy - amount * velocity, latents, atol=1e-5)


def test_timesteps_cover_the_whole_schedule_evenly_and_repeatably() -> None:
    import torch

    noise = noise_of("epsilon", zero_snr=False)
    drawn = noise.draw_timesteps(10, torch.Generator().manual_seed(1))
    again = noise.draw_timesteps(10, torch.Generator().manual_seed(1))
    assert sorted((drawn // 100).tolist()) == list(range(10))
    assert drawn.tolist() == again.tolist()
