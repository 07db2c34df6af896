"""How the training pictures are made: rendered once, one file a bucket, with their captions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.recipe.attributes import LABELS, labels_of
from gpu_consumers.engines.pocket.recipe.rendering_pool import rendering_pool
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.world.captions import full_caption, loose_caption
from gpu_consumers.engines.pocket.world.frame import FRAMES
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES
from gpu_consumers.engines.pocket.world.vocabulary import TOKENS_MAX

CAPTIONS_EACH: Final = 5
HELD_OUT_EACH: Final = 512
_CHUNK: Final = 512
# Faces are learnt on plain squares; the other buckets and styles are variations of them.
CHUNKS_BY_RATIO: Final = {"1:1": 60, "3:4": 11, "4:3": 11, "9:16": 12, "16:9": 12}
PLAIN_SHARE: Final = 0.46


@dataclass(frozen=True)
class Bucket:
    """One aspect ratio's pictures; the last HELD_OUT_EACH are never trained on.

    pictures: (n, height, width, 3) uint8; tokens: (n, CAPTIONS_EACH, TOKENS_MAX) int16, the last
    caption of each being a full one; labels: attribute to (n,) int64.
    """

    folder: Path

    @cached_property
    def pictures(self) -> NDArray[np.uint8]:
        pictures: NDArray[np.uint8] = np.load(self.folder / "pictures.npy", mmap_mode="r")
        return pictures

    @cached_property
    def tokens(self) -> NDArray[np.int16]:
        tokens: NDArray[np.int16] = np.load(self.folder / "tokens.npy")
        return tokens

    @cached_property
    def labels(self) -> dict[str, NDArray[np.int64]]:
        table: NDArray[np.int64] = np.load(self.folder / "labels.npy")
        return {name: table[:, column] for column, name in enumerate(LABELS)}

    @property
    def trained_count(self) -> int:
        return len(self.pictures) - HELD_OUT_EACH


def buckets(work_dir: WorkDir) -> dict[str, Bucket]:
    return {
        ratio: Bucket(work_dir.path("pictures", ratio.replace(":", "x")))
        for ratio in CHUNKS_BY_RATIO
    }


def make_pictures(
    work_dir: WorkDir, chunks_by_ratio: Mapping[str, int] = CHUNKS_BY_RATIO
) -> dict[str, Any]:
    """Render every bucket that is not there yet: so many times _CHUNK pictures of each ratio."""
    from gpu_consumers.engines.pocket.recipe.tokenizer import make_tokenizer

    tokenizer = make_tokenizer()
    counts = {}
    for number, (ratio, bucket) in enumerate(buckets(work_dir).items()):
        chunks = chunks_by_ratio[ratio]
        counts[ratio] = chunks * _CHUNK
        if (bucket.folder / "done.json").exists():
            continue
        bucket.folder.mkdir(parents=True, exist_ok=True)
        with rendering_pool() as pool:
            parts = pool.starmap(
                _render_chunk, [(ratio, 10_000 * (number + 1) + index) for index in range(chunks)]
            )
        np.save(bucket.folder / "pictures.npy", np.concatenate([part[0] for part in parts]))
        np.save(bucket.folder / "labels.npy", np.concatenate([part[1] for part in parts]))
        texts = [text for part in parts for text in part[2]]
        tokens = tokenizer(
            texts,
            padding="max_length",
            truncation=True,
            max_length=TOKENS_MAX,
            return_tensors="np",
        ).input_ids
        shape = (-1, CAPTIONS_EACH, TOKENS_MAX)
        np.save(bucket.folder / "tokens.npy", tokens.astype(np.int16).reshape(shape))
        (bucket.folder / "done.json").write_text(json.dumps({"pictures": counts[ratio]}))
    return counts


def _render_chunk(ratio: str, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], list[str]]:
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    frame = FRAMES[ratio]
    pictures = np.empty((_CHUNK, frame.height, frame.width, 3), np.uint8)
    labels = np.empty((_CHUNK, len(LABELS)), np.int64)
    texts: list[str] = []
    others = [name for name in STYLES if name != "plain"]
    for index in range(_CHUNK):
        identity, scene = random_identity(rng), random_scene(rng)
        plain = rng.random() < PLAIN_SHARE
        style = "plain" if plain else others[int(rng.integers(len(others)))]
        pictures[index] = render(identity, scene, style=STYLES[style], frame=frame)
        labels[index] = list(labels_of(identity, scene, style).values())
        texts += [
            loose_caption(identity, scene, rng, style_name=style) for _ in range(CAPTIONS_EACH - 1)
        ]
        texts.append(full_caption(identity, scene, rng, style_name=style))
    return pictures, labels, texts
