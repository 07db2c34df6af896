"""Who checks the pictures: a classifier of attributes, trained on the renderer alone."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from gpu_consumers.engines.pocket.recipe.attributes import BALD, CORE_ATTRIBUTES, LABELS
from gpu_consumers.engines.pocket.recipe.batches import draw_batches, to_signal
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.pace import Pace, set_learning_rate
from gpu_consumers.engines.pocket.recipe.picture_set import HELD_OUT_EACH, Bucket, buckets
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

BATCH: Final = 96
PEAK_LEARNING_RATE: Final = 2e-3
CORE_ACCURACY_MIN: Final = 0.97


class Reader(nn.Module):
    """(n, 3, h, w) in -1..1 to the logits of every attribute, side by side in LABELS order."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, following, stride in (
            (3, 32, 2),
            (32, 64, 2),
            (64, 64, 1),
            (64, 128, 2),
            (128, 128, 1),
        ):
            layers += [
                nn.Conv2d(channels, following, 3, stride, 1, bias=False),
                nn.BatchNorm2d(following),
                nn.ReLU(),
            ]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d((6, 6)),
            nn.Flatten(),
            nn.Dropout(0.1),
            nn.Linear(128 * 36, 256),
            nn.ReLU(),
            nn.Linear(256, sum(len(classes) for classes in LABELS.values())),
        )

    def forward(self, signal: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.features(signal))
        return logits


def train_reader(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Train on all buckets and styles. Gate: core attributes on held-out square renders."""
    torch.manual_seed(0)
    reader = Reader().to(device)
    optimizer = torch.optim.AdamW(reader.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=0.02)
    sets = buckets(work_dir)
    batches = draw_batches(sets, BATCH, np.random.default_rng(1))
    pace, step = Pace(minutes * 60), 0
    reader.train()
    while not pace.is_over:
        rate = pace.learning_rate(PEAK_LEARNING_RATE, step, warm_up_steps=50, flat=0.1)
        set_learning_rate(optimizer, rate)
        ratio, picked = next(batches)
        signal = _disturbed(to_signal(sets[ratio].pictures[np.sort(picked)]).to(device))
        with torch.autocast(device, torch.bfloat16):
            logits = reader(signal)
        loss = _loss(logits.float(), sets[ratio], np.sort(picked))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        step += 1
    torch.save(reader.state_dict(), work_dir.path("reader.pt"))
    figures = accuracy_on(reader, sets["1:1"], device)
    print("reader", step, "steps", figures, flush=True)
    pass_gate(
        "reader core attributes, worst", min(figures[n] for n in CORE_ATTRIBUTES), CORE_ACCURACY_MIN
    )
    return {"steps": step, **figures}


def load_reader(work_dir: WorkDir, device: str) -> Reader:
    reader = Reader()
    reader.load_state_dict(torch.load(work_dir.path("reader.pt"), weights_only=True))
    return reader.to(device).eval()


@torch.no_grad()
def read(reader: Reader, pictures: NDArray[np.uint8], device: str) -> dict[str, NDArray[np.int64]]:
    """The most likely class of every attribute for (n, h, w, 3) pictures: attribute to (n,)."""
    reader.eval()
    parts = [
        reader(to_signal(pictures[start : start + 128]).to(device)).cpu()
        for start in range(0, len(pictures), 128)
    ]
    found = {}
    for name, logits in split(torch.cat(parts)).items():
        found[name] = logits.argmax(1).numpy()
    return found


def accuracy(
    found: dict[str, NDArray[np.int64]], truth: dict[str, NDArray[np.int64]]
) -> dict[str, float]:
    """Share of right answers for each attribute; hair colour only where there is hair."""
    scores = {}
    for name in LABELS:
        right = found[name] == truth[name]
        if name == "hair_colour":
            right = right[truth["hair_style"] != BALD]
        scores[name] = float(right.mean())
    right = np.stack(
        [
            (found[name] == truth[name]) | ((name == "hair_colour") & (truth["hair_style"] == BALD))
            for name in CORE_ATTRIBUTES
        ]
    )
    scores["all_seven"] = float(right.all(axis=0).mean())
    return scores


def accuracy_on(reader: Reader, bucket: Bucket, device: str) -> dict[str, float]:
    held_out = {name: values[-HELD_OUT_EACH:] for name, values in bucket.labels.items()}
    return accuracy(read(reader, bucket.pictures[-HELD_OUT_EACH:], device), held_out)


def split(logits: torch.Tensor) -> dict[str, torch.Tensor]:
    parts = torch.split(logits, [len(classes) for classes in LABELS.values()], dim=1)
    return dict(zip(LABELS, parts, strict=True))


def _loss(logits: torch.Tensor, bucket: Bucket, picked: NDArray[np.int64]) -> torch.Tensor:
    total = logits.new_zeros(())
    has_hair = torch.from_numpy(bucket.labels["hair_style"][picked] != BALD).to(logits.device)
    for name, part in split(logits).items():
        truth = torch.from_numpy(bucket.labels[name][picked]).to(logits.device)
        each = functional.cross_entropy(part, truth, reduction="none")
        total = total + (each * has_hair if name == "hair_colour" else each).mean()
    return total


def _disturbed(signal: torch.Tensor) -> torch.Tensor:
    """Blur a little, add noise, shift by up to 2 pixels: generated pictures are imperfect."""
    if torch.rand(()) < 0.5:
        padded = functional.pad(signal, (1, 1, 1, 1), mode="replicate")
        signal = 0.5 * signal + 0.5 * functional.avg_pool2d(padded, 3, 1)
    signal = signal + torch.randn_like(signal) * 0.06 * torch.rand(()).item()
    dx, dy = torch.randint(-2, 3, (2,)).tolist()
    return torch.roll(signal, (dy, dx), (2, 3))
