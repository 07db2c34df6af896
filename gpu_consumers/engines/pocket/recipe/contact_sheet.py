"""What the model draws, on one sheet that a person can judge.

`python -m gpu_consumers.engines.pocket.recipe.contact_sheet --output sheet.webp`

Rows: 8 photos of one person; their twin in 8 scenes; the twin in five styles; the twin in five
aspect ratios; then the same of people who are only words: 8 in plain style, five styles, five
aspect ratios, two each.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.recipe.evaluate import load_pipeline
from gpu_consumers.engines.pocket.recipe.export import WEIGHTS_DIR
from gpu_consumers.engines.pocket.recipe.sampling import draw_whole, shrunk
from gpu_consumers.engines.pocket.recipe.sheet_file import write_sheet
from gpu_consumers.engines.pocket.recipe.twin_jobs import Ask, TwinJobs, scene_words
from gpu_consumers.engines.pocket.world.captions import full_caption
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, FRAMES, SQUARE, Frame
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.photo_set import described_photo_set, from_jpeg
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES

_COLUMNS: Final = 8
_TWIN_SCENES: Final = 8
_EACH: Final = 2
_GAP_PX: Final = 4
_Picture = NDArray[np.uint8]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gpu_consumers.engines.pocket.recipe.contact_sheet")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_DIR)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--twin-seed", type=int, default=5000)
    options = parser.parse_args(arguments)
    torch.set_num_threads(2)
    rows = _twin_rows(TwinJobs(options.weights), options.twin_seed)
    rows += _prompted_rows(load_pipeline(options.weights))
    width = max(row.shape[1] for row in rows)
    sheet = np.concatenate([_padded(row, width, row.shape[0] + _GAP_PX) for row in rows])
    write_sheet(sheet, options.output)
    return 0


def _twin_rows(jobs: TwinJobs, seed: int) -> list[_Picture]:
    photos = described_photo_set(seed)
    rng = np.random.default_rng([seed, 1])
    twin, _ = jobs.train(photos, seed=seed)
    size = SQUARE.scaled(DRAWN_SCALE)

    def drawn(count: int, style: str = "plain", frame: Frame = SQUARE) -> list[_Picture]:
        asked = [
            Ask(scene_words(random_scene(rng)), seed + number, style, frame)
            for number in range(count)
        ]
        return [
            shrunk(picture, frame.scaled(DRAWN_SCALE)) for picture in jobs.draw(asked, twin.adapter)
        ]

    return [
        _row([shrunk(from_jpeg(photo.jpeg), size) for photo in photos.photos[:_COLUMNS]]),
        _row(drawn(_TWIN_SCENES)),
        _row([picture for style in STYLES for picture in drawn(_EACH, style)]),
        _row([picture for frame in FRAMES.values() for picture in drawn(_EACH, frame=frame)]),
    ]


def _prompted_rows(pipeline: Any) -> list[_Picture]:
    rng = np.random.default_rng(77)

    def drawn(count: int, style: str = "plain", frame: Frame = SQUARE) -> list[_Picture]:
        captions = [
            full_caption(
                random_identity(rng), random_scene(rng), rng, style_name=style, subject="a person"
            )
            for _ in range(count)
        ]
        return list(draw_whole(pipeline, captions, seed=3, frame=frame))

    return [
        _row(drawn(_COLUMNS)),
        _row([picture for style in STYLES for picture in drawn(_EACH, style)]),
        _row([picture for frame in FRAMES.values() for picture in drawn(_EACH, frame=frame)]),
    ]


def _row(pictures: list[_Picture]) -> _Picture:
    """Side by side, as tall as the tallest."""
    height = max(picture.shape[0] for picture in pictures)
    return np.concatenate(
        [_padded(picture, picture.shape[1] + _GAP_PX, height) for picture in pictures], axis=1
    )


def _padded(picture: _Picture, width: int, height: int) -> _Picture:
    missing = ((0, height - picture.shape[0]), (0, width - picture.shape[1]), (0, 0))
    return np.pad(picture, missing, constant_values=255)


if __name__ == "__main__":
    sys.exit(main())
