"""How the training clips are made: rendered, encoded at once, one file a bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.motion_settings import FRAMES_MAX
from gpu_consumers.engines.pocket.recipe.autoencoder import load_autoencoder
from gpu_consumers.engines.pocket.recipe.batches import to_signal
from gpu_consumers.engines.pocket.recipe.rendering_pool import rendering_pool
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.world.captions import (
    identity_phrases,
    join,
    loose_phrases,
    motion_phrase,
    opening,
    scene_phrases,
    style_phrases,
)
from gpu_consumers.engines.pocket.world.clip import render_clip
from gpu_consumers.engines.pocket.world.frame import FRAMES
from gpu_consumers.engines.pocket.world.identity import Identity, random_identity
from gpu_consumers.engines.pocket.world.motion import MOTIONS, random_motion
from gpu_consumers.engines.pocket.world.scene import Scene, random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES
from gpu_consumers.engines.pocket.world.vocabulary import TOKENS_MAX

HELD_OUT_EACH: Final = 40
# Two captions as a user would write them and a full one are trained on. The last says the same as
# the full one but names another motion: it measures whether that word is heard.
TRAINED_CAPTIONS: Final = 3
FULL_CAPTION: Final = 2
SWAPPED_CAPTION: Final = 3
_CAPTIONS_EACH: Final = 4
_CHUNK: Final = 40
_CHUNKS_BY_RATIO: Final = {"1:1": 28, "3:4": 3, "4:3": 3, "9:16": 3, "16:9": 3}
_PLAIN_SHARE: Final = 0.65
# Without a motion word a clip still moves, in any of the ways.
_MOTION_SAID_SHARE: Final = 0.85
_ENCODED_AT_ONCE: Final = 64


@dataclass(frozen=True)
class ClipBucket:
    """One aspect ratio's clips; the last HELD_OUT_EACH are never trained on.

    latents: (n, FRAMES_MAX, 4, h/4, w/4) float16, in units of one deviation; tokens:
    (n, captions, TOKENS_MAX) int64.
    """

    folder: Path

    @cached_property
    def latents(self) -> torch.Tensor:
        return torch.from_numpy(np.load(self.folder / "latents.npy"))

    @cached_property
    def tokens(self) -> torch.Tensor:
        return torch.from_numpy(np.load(self.folder / "tokens.npy").astype(np.int64))

    @property
    def trained_count(self) -> int:
        return len(self.latents) - HELD_OUT_EACH


def clip_buckets(work_dir: WorkDir) -> dict[str, ClipBucket]:
    return {
        ratio: ClipBucket(work_dir.path("clips", ratio.replace(":", "x")))
        for ratio in _CHUNKS_BY_RATIO
    }


def make_clips(work_dir: WorkDir, device: str) -> dict[str, Any]:
    """Render and encode every bucket that is not there yet."""
    from gpu_consumers.engines.pocket.recipe.tokenizer import make_tokenizer

    tokenizer, vae = make_tokenizer(), load_autoencoder(work_dir, device)
    counts = {}
    for number, (ratio, bucket) in enumerate(clip_buckets(work_dir).items()):
        chunks = _CHUNKS_BY_RATIO[ratio]
        counts[ratio] = chunks * _CHUNK
        if (bucket.folder / "done.json").exists():
            continue
        bucket.folder.mkdir(parents=True, exist_ok=True)
        work = [(ratio, 1_000_000 + 10_000 * number + index) for index in range(chunks)]
        latents, texts = [], []
        with rendering_pool() as pool:
            for pictures, captions in pool.imap(_render_chunk, work):
                latents.append(_encoded(vae, pictures, device))
                texts += captions
        np.save(bucket.folder / "latents.npy", np.concatenate(latents))
        tokens = tokenizer(
            texts, padding="max_length", truncation=True, max_length=TOKENS_MAX, return_tensors="np"
        ).input_ids
        shape = (-1, _CAPTIONS_EACH, TOKENS_MAX)
        np.save(bucket.folder / "tokens.npy", tokens.astype(np.int16).reshape(shape))
        (bucket.folder / "done.json").write_text(json.dumps({"clips": counts[ratio]}))
    return counts


def clip_caption(
    identity: Identity, scene: Scene, motion: str, seed: int, *, style_name: str = "plain"
) -> str:
    """A caption that leaves nothing out. Two motions with one seed differ in that word alone.

    The motion is said first: of a caption that is too long the end is not read.
    """
    rng = np.random.default_rng(seed)
    phrases = identity_phrases(identity, rng) + scene_phrases(scene, rng)
    phrases += style_phrases(style_name, rng)
    start = opening(rng, "a person")
    return join([motion_phrase(motion, rng), *phrases], start)


def _render_chunk(work: tuple[str, int]) -> tuple[NDArray[np.uint8], list[str]]:
    """(_CHUNK, FRAMES_MAX, height, width, 3) and the captions, clip after clip."""
    ratio, seed = work
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    frame = FRAMES[ratio]
    pictures = np.empty((_CHUNK, FRAMES_MAX, frame.height, frame.width, 3), np.uint8)
    texts: list[str] = []
    others = [name for name in STYLES if name != "plain"]
    for index in range(_CHUNK):
        identity, scene = random_identity(rng), random_scene(rng)
        plain = rng.random() < _PLAIN_SHARE
        style = "plain" if plain else others[int(rng.integers(len(others)))]
        number = index % len(MOTIONS)
        motion, another = MOTIONS[number], MOTIONS[(number + int(rng.integers(1, 5))) % 5]
        pictures[index] = render_clip(
            identity,
            scene,
            random_motion(motion, rng),
            FRAMES_MAX,
            style=STYLES[style],
            frame=frame,
        )
        loose = [
            _loose_clip_caption(identity, scene, motion, rng, style)
            for _ in range(TRAINED_CAPTIONS - 1)
        ]
        worded = int(rng.integers(2**31))
        full, swapped = (
            clip_caption(identity, scene, name, worded, style_name=style)
            for name in (motion, another)
        )
        texts += [*loose, full, swapped]
    return pictures, texts


def _loose_clip_caption(
    identity: Identity, scene: Scene, motion: str, rng: np.random.Generator, style: str
) -> str:
    phrases = loose_phrases(identity, scene, rng, style_name=style)
    if rng.random() < _MOTION_SAID_SHARE:
        phrases.insert(int(rng.integers(len(phrases) + 1)), motion_phrase(motion, rng))
    return join(phrases, opening(rng) if rng.random() < 0.8 else "")


@torch.no_grad()
def _encoded(vae: Any, clips: NDArray[np.uint8], device: str) -> NDArray[np.float16]:
    pictures = clips.reshape(-1, *clips.shape[2:])
    parts = []
    for start in range(0, len(pictures), _ENCODED_AT_ONCE):
        signal = to_signal(pictures[start : start + _ENCODED_AT_ONCE]).to(device)
        with torch.autocast(device, torch.bfloat16):
            parts.append(vae.encode(signal).latent_dist.mode().float().cpu())
    latents = torch.cat(parts) * vae.config.scaling_factor
    encoded: NDArray[np.float16] = latents.half().numpy()
    return encoded.reshape(*clips.shape[:2], *latents.shape[1:])
