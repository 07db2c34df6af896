"""The optimiser: AdamW, all of its arithmetic in one kernel where the device has such a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch


def adam_of(
    trained: Sequence[torch.nn.Parameter],
    *,
    learning_rate: float,
    betas: tuple[float, float],
    weight_decay: float,
    is_fused: bool = True,
) -> torch.optim.AdamW:
    """AdamW over these parameters: the same numbers on every device, but for the last bits."""
    make = partial(
        torch.optim.AdamW, trained, lr=learning_rate, betas=betas, weight_decay=weight_decay
    )
    if not is_fused:
        return make()
    try:
        return make(fused=True)
    except RuntimeError:
        # It says so when it is made, and not at its first step.
        return make()
