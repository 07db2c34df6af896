"""How a photo of one person is redrawn in the other styles: a small network that knows them all.

A twin has to be learnt in every style it is sold in, and a creator's photos are all plain. What a
style does to a line depends on what the line is: neon glasses are pink, a neon contour is not.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from gpu_consumers.engines.pocket.world.styles import STYLES

Picture = NDArray[np.uint8]

RESTYLER_FILE: Final = Path("restyler", "restyler.safetensors")
OTHER_STYLES: Final = tuple(name for name in STYLES if name != "plain")


class Restyler(nn.Module):
    """(n, 3, h, w) in -1..1, plain, and (n,) places in OTHER_STYLES to the same in that style.

    Height and width are divisible by 4.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fine = _block(3 + len(OTHER_STYLES), 24)
        self.broad = _block(24, 48, stride=2)
        self.broadest = nn.Sequential(_block(48, 72, stride=2), _block(72, 72), _block(72, 72))
        self.wider = _block(72 + 48, 48)
        self.finer = nn.Sequential(_block(48 + 24, 24), nn.Conv2d(24, 3, 3, 1, 1))
        self.twice = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, plain: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
        told = nn.functional.one_hot(style, len(OTHER_STYLES)).to(plain)
        told = told[:, :, None, None].expand(-1, -1, *plain.shape[2:])
        fine = self.fine(torch.cat([plain, told], 1))
        broad = self.broad(fine)
        wide = self.wider(torch.cat([self.twice(self.broadest(broad)), broad], 1))
        drawn: torch.Tensor = self.finer(torch.cat([self.twice(wide), fine], 1))
        return drawn


def restyled(pictures: Picture, style_name: str, weights: Path) -> Picture:
    """Plain pictures (n, h, w, 3) RGB at the size the model draws, in another style."""
    network = _load(weights / RESTYLER_FILE)
    signal = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2) / 127.5 - 1
    style = torch.full((len(pictures),), OTHER_STYLES.index(style_name))
    with torch.no_grad():
        drawn = network(signal, style)
    levels = ((drawn.clamp(-1, 1) + 1) * 127.5).round().byte()
    return np.asarray(levels.permute(0, 2, 3, 1).numpy(), np.uint8)


@lru_cache(maxsize=2)
def _load(file: Path) -> Any:
    network = Restyler()
    network.load_state_dict({name: value.float() for name, value in load_file(file).items()})
    return network.eval()


def _block(channels: int, following: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, following, 3, stride, 1, bias=False),
        nn.BatchNorm2d(following),
        nn.ReLU(),
    )
