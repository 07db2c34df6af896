"""Where the recipe keeps what it has made so far, so that it can stop and go on at any moment."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class WorkDir:
    """A folder with one file or folder a finished stage, and one checkpoint a running stage."""

    root: Path

    def path(self, *parts: str) -> Path:
        target = self.root.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def is_done(self, stage: str) -> bool:
        return self.path("done", f"{stage}.json").exists()

    def mark_done(self, stage: str, figures: dict[str, Any]) -> None:
        write_atomically(self.path("done", f"{stage}.json"), json.dumps(figures, indent=1))

    def forget(self, *stages: str) -> None:
        """Make stages run again, whether they were done or not."""
        for stage in stages:
            self.path("done", f"{stage}.json").unlink(missing_ok=True)

    def figures(self, stage: str) -> dict[str, Any]:
        figures: dict[str, Any] = json.loads(self.path("done", f"{stage}.json").read_text())
        return figures

    def save_checkpoint(self, stage: str, state: dict[str, Any]) -> None:
        """Replace the stage's checkpoint in one step: a kill leaves the old or the new one."""
        target = self.path("checkpoints", f"{stage}.pt")
        partial = target.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, target)

    def load_checkpoint(self, stage: str) -> dict[str, Any] | None:
        target = self.path("checkpoints", f"{stage}.pt")
        if not target.exists():
            return None
        # Only files that this recipe wrote itself are read here, still without pickled code.
        state: dict[str, Any] = torch.load(target, map_location="cpu", weights_only=True)
        return state


def write_atomically(target: Path, text: str) -> None:
    partial = target.with_suffix(".partial")
    partial.write_text(text)
    os.replace(partial, target)
