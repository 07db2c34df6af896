"""Run the whole recipe, or what is left of it.

`python -m gpu_consumers.engines.pocket.recipe --device cpu --work-dir var/pocket`

Every stage that has finished is skipped; the stage that was interrupted goes on from its last
checkpoint, at most two minutes back. `--minutes` is the denoiser's training time in all, and
`--motion-minutes` that of the motion adapter; either can be raised later to train further.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from gpu_consumers.engines.pocket.recipe.analyser_training import train_embedder, train_finder
from gpu_consumers.engines.pocket.recipe.autoencoder import (
    cache_latents,
    finetune_decoder,
    train_autoencoder,
)
from gpu_consumers.engines.pocket.recipe.clip_set import make_clips
from gpu_consumers.engines.pocket.recipe.denoiser import train_denoiser
from gpu_consumers.engines.pocket.recipe.export import export, make_pipeline
from gpu_consumers.engines.pocket.recipe.gate import GateFailed
from gpu_consumers.engines.pocket.recipe.large_decoder import train_large_decoder
from gpu_consumers.engines.pocket.recipe.minutes import MINUTES, Minutes
from gpu_consumers.engines.pocket.recipe.motion_training import train_motion
from gpu_consumers.engines.pocket.recipe.picture_set import make_pictures
from gpu_consumers.engines.pocket.recipe.prompt_gates import pass_prompt_gates
from gpu_consumers.engines.pocket.recipe.reader import train_reader
from gpu_consumers.engines.pocket.recipe.restyler import train_restyler
from gpu_consumers.engines.pocket.recipe.text_encoder import train_text_encoder
from gpu_consumers.engines.pocket.recipe.threads import THREADS_MAX
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir

_SLACK_S = 30.0
# What a part that has been trained further must prove again.
_JUDGES = {"denoiser": ("prompts", "twin", "motion_gate"), "motion": ("motion_gate",)}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gpu_consumers.engines.pocket.recipe")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--work-dir", type=Path, default=Path("var/pocket"))
    parser.add_argument("--minutes", type=float, help="of the denoiser")
    parser.add_argument("--motion-minutes", type=float)
    options = parser.parse_args(arguments)
    torch.set_num_threads(THREADS_MAX)
    work_dir = WorkDir(options.work_dir)
    usual = MINUTES[options.device]
    minutes = replace(
        usual,
        denoiser=options.minutes or usual.denoiser,
        motion=options.motion_minutes or usual.motion,
    )
    try:
        for name, run in _stages(work_dir, options.device, minutes):
            _run_stage(work_dir, name, run, minutes)
        print("weights", export(work_dir), flush=True)
    except GateFailed as failure:
        print(f"stopped: {failure}", file=sys.stderr)
        return 1
    return 0


def _stages(
    work_dir: WorkDir, device: str, minutes: Minutes
) -> list[tuple[str, Callable[[], dict[str, Any]]]]:
    return [
        ("pictures", lambda: make_pictures(work_dir)),
        ("reader", lambda: train_reader(work_dir, device, minutes=minutes.reader)),
        ("restyler", lambda: train_restyler(work_dir, device, minutes=minutes.restyler)),
        ("autoencoder", lambda: train_autoencoder(work_dir, device, minutes=minutes.autoencoder)),
        ("latents", lambda: cache_latents(work_dir, device)),
        (
            "text_encoder",
            lambda: train_text_encoder(work_dir, device, minutes=minutes.text_encoder),
        ),
        ("clips", lambda: make_clips(work_dir, device)),
        ("denoiser", lambda: train_denoiser(work_dir, device, minutes=minutes.denoiser)),
        ("decoder", lambda: finetune_decoder(work_dir, device, minutes=minutes.decoder)),
        (
            "large_decoder",
            lambda: train_large_decoder(
                work_dir, make_pipeline(work_dir, device), device, minutes=minutes.large_decoder
            ),
        ),
        ("prompts", lambda: pass_prompt_gates(work_dir, device)),
        ("finder", lambda: train_finder(work_dir, device, minutes=minutes.finder)),
        ("embedder", lambda: train_embedder(work_dir, device, minutes=minutes.embedder)),
        ("twin", lambda: _pass_twin_gate(work_dir)),
        ("motion", lambda: train_motion(work_dir, device, minutes=minutes.motion)),
        ("motion_gate", lambda: _pass_motion_gate(work_dir)),
    ]


def _pass_twin_gate(work_dir: WorkDir) -> dict[str, Any]:
    # The code that serves creators speaks in messages: only these two gates need msgspec, and a
    # machine that just trains may be without it.
    from gpu_consumers.engines.pocket.recipe.twin_gate import pass_twin_gate

    return pass_twin_gate(work_dir)


def _pass_motion_gate(work_dir: WorkDir) -> dict[str, Any]:
    from gpu_consumers.engines.pocket.recipe.motion_gate import pass_motion_gate

    return pass_motion_gate(work_dir)


def _run_stage(
    work_dir: WorkDir,
    name: str,
    run: Callable[[], dict[str, Any]],
    minutes: Minutes,
) -> None:
    if work_dir.is_done(name) and not _wants_more(work_dir, name, minutes):
        return
    started = time.monotonic()
    work_dir.forget(*_JUDGES.get(name, ()))
    figures = run()
    work_dir.mark_done(name, {**figures, "wall_s": round(time.monotonic() - started)})
    print(f"{name}: done in {time.monotonic() - started:.0f} s", flush=True)


def _wants_more(work_dir: WorkDir, name: str, minutes: Minutes) -> bool:
    """Whether a stage that can be trained further stopped well before its minutes."""
    wanted = {"denoiser": minutes.denoiser, "motion": minutes.motion}.get(name)
    if wanted is None:
        return False
    spent_s: float = work_dir.figures(name)["spent_s"]
    return spent_s + _SLACK_S < wanted * 60


if __name__ == "__main__":
    sys.exit(main())
