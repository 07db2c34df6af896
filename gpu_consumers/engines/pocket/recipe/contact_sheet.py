"""What the model draws, on one sheet that a person can judge.

`python -m gpu_consumers.engines.pocket.recipe.contact_sheet --output sheet.png [--twin-seed 5000]`

Rows: 12 photos of one person; their twin in 12 scenes (with `--twin-seed`); 12 prompted people in
plain style; five styles; five aspect ratios.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.recipe.evaluate import load_pipeline
from gpu_consumers.engines.pocket.recipe.export import WEIGHTS_DIR
from gpu_consumers.engines.pocket.recipe.sampling import draw
from gpu_consumers.engines.pocket.recipe.twin_trial import scene_caption, shrunk, train_twin
from gpu_consumers.engines.pocket.world.captions import full_caption
from gpu_consumers.engines.pocket.world.frame import FRAMES
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.photo_set import described_photo_set
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES
from gpu_consumers.engines.pocket.world.vocabulary import DEFAULT_TRIGGER_WORD

_COLUMNS: Final = 12
_ENLARGED: Final = 1
_Picture = NDArray[np.uint8]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gpu_consumers.engines.pocket.recipe.contact_sheet")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_DIR)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--twin-seed", type=int)
    options = parser.parse_args(arguments)
    torch.set_num_threads(2)
    pipeline = load_pipeline(options.weights)
    rows = _prompted_rows(pipeline)
    if options.twin_seed is not None:
        rows = _twin_rows(pipeline, options.twin_seed) + rows
    width = max(row.shape[1] for row in rows)
    rows = [
        np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255)
        for row in rows
    ]
    sheet = np.concatenate(rows)
    size = (sheet.shape[1] * _ENLARGED, sheet.shape[0] * _ENLARGED)
    sheet = np.asarray(cv2.resize(sheet, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    cv2.imwrite(
        str(options.output),
        cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR),
        [cv2.IMWRITE_PNG_COMPRESSION, 9],
    )
    return 0


def _prompted_rows(pipeline: Any) -> list[_Picture]:
    rng = np.random.default_rng(77)
    captions = [
        full_caption(random_identity(rng), random_scene(rng), rng, subject="a person")
        for _ in range(_COLUMNS)
    ]
    rows = [_row(draw(pipeline, captions, seed=3))]
    styled = []
    for style in STYLES:
        captions = [
            full_caption(random_identity(rng), random_scene(rng), rng, style_name=style)
            for _ in range(2)
        ]
        styled.append(_row(draw(pipeline, captions, seed=4)))
    rows.append(np.concatenate(styled, axis=1))
    framed = []
    for frame in FRAMES.values():
        captions = [
            full_caption(random_identity(rng), random_scene(rng), rng, subject="a person")
            for _ in range(2)
        ]
        row = _row(draw(pipeline, captions, seed=5, frame=frame))
        below = max(each.height for each in FRAMES.values()) - row.shape[0]
        framed.append(np.pad(row, ((0, below), (0, 4), (0, 0)), constant_values=255))
    rows.append(np.concatenate(framed, axis=1))
    return rows


def _twin_rows(pipeline: Any, seed: int) -> list[_Picture]:
    photos = described_photo_set(seed)
    rng = np.random.default_rng([seed, 1])
    train_twin(pipeline, photos, seed=seed)
    captions = [scene_caption(random_scene(rng), DEFAULT_TRIGGER_WORD) for _ in range(_COLUMNS)]
    drawn = draw(pipeline, captions, seed=11)
    pipeline.unet.delete_adapters("default")
    return [_row(np.stack([shrunk(photo.jpeg) for photo in photos.photos])), _row(drawn)]


def _row(pictures: _Picture) -> _Picture:
    return np.concatenate(list(pictures), axis=1)


if __name__ == "__main__":
    sys.exit(main())
