"""The face analyser's two small networks: where faces are, and whose the largest one is."""

from __future__ import annotations

from typing import Final

import torch
from torch import nn
from torch.nn import functional

FINDER_SIDE: Final = 96
FINDER_STRIDE: Final = 8
EMBEDDER_SIDE: Final = 64
EMBEDDING_WIDTH: Final = 128


def _block(channels: int, following: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, following, 3, stride, 1, bias=False),
        nn.BatchNorm2d(following),
        nn.ReLU(),
    )


class FaceFinder(nn.Module):
    """(n, 3, 96, 96) in -1..1 to a map of faces and one out-of-world logit.

    The map is (n, 5, 12, 12): face logit, then the box's centre within the cell and its width and
    height, all as shares of the picture (offsets in cells). The second output is (n,): higher is
    stranger.
    """

    def __init__(self) -> None:
        super().__init__()
        self.early = nn.Sequential(
            _block(3, 24, 2), _block(24, 48, 2), _block(48, 48, 1), _block(48, 96, 2)
        )
        self.late = nn.Sequential(_block(96, 96, 1), _block(96, 96, 1), _block(96, 96, 1))
        self.map = nn.Conv2d(96, 5, 1)
        self.world = nn.Sequential(
            _block(96, 128, 2), _block(128, 128, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        self.strange = nn.Linear(128, 1)

    def forward(self, signal: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.early(signal)
        faces: torch.Tensor = self.map(self.late(features))
        strange: torch.Tensor = self.strange(self.world(features))[:, 0]
        return faces, strange


class FaceEmbedder(nn.Module):
    """(n, 3, 64, 64) in -1..1, a face with its hair, to unit vectors (n, EMBEDDING_WIDTH)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _block(3, 32, 2),
            _block(32, 64, 1),
            _block(64, 96, 2),
            _block(96, 96, 1),
            _block(96, 160, 2),
            _block(160, 160, 1),
            _block(160, 192, 2),
            nn.Flatten(),
            nn.Dropout(0.1),
            nn.Linear(192 * 16, 320),
            nn.ReLU(),
        )
        self.embedding = nn.Linear(320, EMBEDDING_WIDTH)

    def forward(self, signal: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.embedding(self.features(signal)), dim=1)
