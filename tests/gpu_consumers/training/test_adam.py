"""The fused optimiser learns what the plain one learns."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine


def test_the_fused_optimiser_makes_the_steps_of_the_plain_one() -> None:
    import torch

    from gpu_consumers.training.adam import adam_of

    generator = torch.Generator().manual_seed(1)
    start = [torch.randn(shape, generator=generator) for shape in ((8, 32), (32, 8), (5,))]
    gradients = [[torch.randn(each.shape, generator=generator) for each in start] for _ in range(9)]

    def moved(optimizer_of: object) -> list[torch.Tensor]:
        weights = [torch.nn.Parameter(each.clone()) for each in start]
        optimizer = optimizer_of(weights)  # type: ignore[operator]
        for step in gradients:
            for weight, gradient in zip(weights, step, strict=True):
                weight.grad = gradient.clone()
            optimizer.step()
        return [weight.detach() for weight in weights]

    ours = moved(
        lambda weights: adam_of(weights, learning_rate=1e-2, betas=(0.9, 0.99), weight_decay=0.1)
    )
    plain = moved(
        lambda weights: torch.optim.AdamW(weights, lr=1e-2, betas=(0.9, 0.99), weight_decay=0.1)
    )
    for one, other, begun in zip(ours, plain, start, strict=True):
        assert torch.allclose(one, other, atol=1e-6)
        assert not torch.allclose(one, begun, atol=1e-3)
