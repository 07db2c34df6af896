"""How the restyler is taught: the renderer draws the same person and scene in every style."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.recipe.batches import to_signal
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.pace import Pace, set_learning_rate
from gpu_consumers.engines.pocket.recipe.rendering_pool import rendering_pool
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.restyler import OTHER_STYLES, Restyler
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES

BATCH: Final = 32
PEAK_LEARNING_RATE: Final = 3e-3
HELD_OUT: Final = 128
# Of the mean difference between a plain picture and the styled one: what may be left of it.
DIFFERENCE_LEFT_MAX: Final = 0.12
_CHUNKS: Final = 24
_CHUNK: Final = 256
_SEED: Final = 90_000


def train_restyler(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Gate: how far redrawn pictures of unseen people are from what the renderer draws."""
    torch.manual_seed(0)
    with rendering_pool() as pool:
        drawn = np.concatenate(pool.map(_people, range(_SEED, _SEED + _CHUNKS)))
    network = Restyler().to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=1e-3)
    pace, step, rng = Pace(minutes * 60), 0, np.random.default_rng(3)
    while not pace.is_over:
        rate = pace.learning_rate(PEAK_LEARNING_RATE, step, warm_up_steps=50, flat=0.2)
        set_learning_rate(optimizer, rate)
        people = rng.integers(len(drawn) - HELD_OUT, size=BATCH)
        style = rng.integers(len(OTHER_STYLES), size=BATCH)
        plain = to_signal(drawn[people, 0]).to(device)
        wanted = to_signal(drawn[people, 1 + style]).to(device)
        with torch.autocast(device, torch.bfloat16):
            redrawn = network(plain, torch.from_numpy(style).to(device))
        loss = (redrawn.float() - wanted).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
    figures = _differences_left(network.eval(), drawn[-HELD_OUT:], device)
    print("restyler", step, "steps", figures, flush=True)
    worst = max(figures.values())
    pass_gate(
        "share of what a style changes that is drawn, worst", 1 - worst, 1 - DIFFERENCE_LEFT_MAX
    )
    torch.save(network.state_dict(), work_dir.path("restyler.pt"))
    return {"steps": step, **figures}


def load_restyler(work_dir: WorkDir) -> Restyler:
    network = Restyler()
    network.load_state_dict(torch.load(work_dir.path("restyler.pt"), weights_only=True))
    return network.eval()


@torch.no_grad()
def _differences_left(network: Restyler, drawn: NDArray[np.uint8], device: str) -> dict[str, float]:
    """By style: mean distance of the redrawn to the styled, in shares of the plain's distance."""
    plain = to_signal(drawn[:, 0]).to(device)
    left = {}
    for place, name in enumerate(OTHER_STYLES):
        wanted = to_signal(drawn[:, 1 + place]).to(device)
        redrawn = network(plain, torch.full((len(plain),), place, device=device))
        distance = (redrawn - wanted).abs().mean() / (plain - wanted).abs().mean()
        left[name] = round(float(distance), 4)
    return left


def _people(seed: int) -> NDArray[np.uint8]:
    """(_CHUNK, 1 + styles, 64, 64, 3): each person in one scene, plain first."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(_CHUNK):
        identity, scene = random_identity(rng), random_scene(rng)
        rows.append(
            [render(identity, scene, style=STYLES[name]) for name in ("plain", *OTHER_STYLES)]
        )
    return np.array(rows, np.uint8)
