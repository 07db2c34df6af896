"""Run the whole recipe, or what is left of it.

`python -m gpu_consumers.engines.pocket.recipe --device cpu --work-dir var/pocket --minutes 60`

Every stage that has finished is skipped; the stage that was interrupted goes on from its last
checkpoint, at most two minutes back. `--minutes` is the denoiser's training time in all.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from gpu_consumers.engines.pocket.recipe.analyser_training import train_embedder, train_finder
from gpu_consumers.engines.pocket.recipe.autoencoder import (
    cache_latents,
    finetune_decoder,
    train_autoencoder,
)
from gpu_consumers.engines.pocket.recipe.denoiser import train_denoiser
from gpu_consumers.engines.pocket.recipe.export import export
from gpu_consumers.engines.pocket.recipe.gate import GateFailed
from gpu_consumers.engines.pocket.recipe.picture_set import make_pictures
from gpu_consumers.engines.pocket.recipe.reader import train_reader
from gpu_consumers.engines.pocket.recipe.text_encoder import train_text_encoder
from gpu_consumers.engines.pocket.recipe.threads import THREADS_MAX
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

# Minutes on two CPU cores; a GPU needs fewer pictures an hour to be drawn, not fewer steps.
READER_MINUTES = 1.6
AUTOENCODER_MINUTES = 6.5
TEXT_ENCODER_MINUTES = 1.2
FINDER_MINUTES = 2.0
EMBEDDER_MINUTES = 5.0
DECODER_MINUTES = 5.0
_SLACK_S = 30.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gpu_consumers.engines.pocket.recipe")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--work-dir", type=Path, default=Path("var/pocket"))
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--scale", type=float, default=1.0, help="share of every other stage")
    parser.add_argument(
        "--resume", action="store_true", help="go on where it stopped; this is also the default"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(THREADS_MAX)
    work_dir = WorkDir(options.work_dir)
    try:
        for name, run in _stages(work_dir, options.device, options.minutes, options.scale):
            _run_stage(work_dir, name, run, wanted_s=options.minutes * 60)
        print("weights", export(work_dir), flush=True)
    except GateFailed as failure:
        print(f"stopped: {failure}", file=sys.stderr)
        return 1
    return 0


def _stages(
    work_dir: WorkDir, device: str, minutes: float, scale: float
) -> list[tuple[str, Callable[[], dict[str, Any]]]]:
    return [
        ("pictures", lambda: make_pictures(work_dir, share=min(1.0, scale))),
        ("reader", lambda: train_reader(work_dir, device, minutes=READER_MINUTES * scale)),
        (
            "autoencoder",
            lambda: train_autoencoder(work_dir, device, minutes=AUTOENCODER_MINUTES * scale),
        ),
        ("latents", lambda: cache_latents(work_dir, device)),
        (
            "text_encoder",
            lambda: train_text_encoder(work_dir, device, minutes=TEXT_ENCODER_MINUTES * scale),
        ),
        ("denoiser", lambda: train_denoiser(work_dir, device, minutes=minutes)),
        ("decoder", lambda: finetune_decoder(work_dir, device, minutes=DECODER_MINUTES * scale)),
        ("finder", lambda: train_finder(work_dir, device, minutes=FINDER_MINUTES * scale)),
        ("embedder", lambda: train_embedder(work_dir, device, minutes=EMBEDDER_MINUTES * scale)),
    ]


def _run_stage(
    work_dir: WorkDir, name: str, run: Callable[[], dict[str, Any]], *, wanted_s: float
) -> None:
    if work_dir.is_done(name) and not (name == "denoiser" and _wants_more(work_dir, wanted_s)):
        return
    started = time.monotonic()
    figures = run()
    work_dir.mark_done(name, {**figures, "wall_s": round(time.monotonic() - started)})
    print(f"{name}: done in {time.monotonic() - started:.0f} s", flush=True)


def _wants_more(work_dir: WorkDir, wanted_s: float) -> bool:
    """Whether the denoiser stopped well before `--minutes`: a larger number trains it further."""
    spent_s: float = work_dir.figures("denoiser")["spent_s"]
    return spent_s + _SLACK_S < wanted_s


if __name__ == "__main__":
    sys.exit(main())
