"""Photos as a training sees them: examples of every size and style, encoded once, with their words.

Encoding is a part of the training that is the same at every step, so it is done before the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from gpu_consumers.engines.engine_loader import Reframing
from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.engines.prompt_encoding import Conditioning, joined
from gpu_consumers.training.class_prior import class_prior
from gpu_consumers.training.noise import TrainingNoise
from gpu_consumers.training.photo_set import (
    Example,
    Picture,
    by_nearest_size,
    fit,
    make_examples,
    make_reframed_examples,
    make_styled_examples,
    reframed_region,
)
from gpu_consumers.training.scene_telling import tell_scenes

_ENCODE_BATCH: Final = 32


@dataclass(frozen=True)
class Bucket:
    """Examples of one size, encoded. `captions` are rows of the caption table, by example.

    `region` (h, w) is where latents are photo; None where they are everywhere. Sizes that no photo
    has are learnt without the base model's own pictures: there `prior_latents` are none.
    """

    latents: torch.Tensor
    captions: list[list[int]]
    prior_latents: torch.Tensor
    prior_captions: list[int]
    region: torch.Tensor | None = None


@dataclass(frozen=True)
class Batch:
    """latents: (n, channels, h, w); words: n rows; region: (h, w), where errors count, or None."""

    latents: torch.Tensor
    words: Conditioning
    region: torch.Tensor | None


@dataclass(frozen=True)
class EncodedPhotos:
    """All examples of a training, and the words of their captions; row 0 is no words."""

    buckets: Sequence[Bucket]
    table: Conditioning

    def draw_batch(
        self,
        size: int,
        generator: torch.Generator,
        *,
        prior_share: float,
        caption_dropout: float,
    ) -> Batch:
        """`size` examples of one bucket, a share of them the base model's own if it has any."""
        counts = torch.tensor([len(each.latents) for each in self.buckets], dtype=torch.float)
        bucket = self.buckets[int(torch.multinomial(counts, 1, generator=generator))]
        priors = 0
        if bucket.prior_captions:
            priors = min(round(size * prior_share), size - 1)
        picked = torch.randint(len(bucket.latents), (size - priors,), generator=generator)
        beside = torch.randint(max(1, len(bucket.prior_captions)), (priors,), generator=generator)
        captions = []
        for example in picked.tolist():
            said = bucket.captions[example]
            captions.append(said[int(torch.randint(len(said), (), generator=generator))])
        captions += [bucket.prior_captions[example] for example in beside.tolist()]
        rows = torch.tensor(captions)
        rows[torch.rand(len(rows), generator=generator) < caption_dropout] = 0
        device = bucket.latents.device
        latents = [bucket.latents[picked.to(device)], bucket.prior_latents[beside.to(device)]]
        return Batch(torch.cat(latents), self.table.pick(rows.to(device)), bucket.region)


def encode_photos(
    diffusion: LatentDiffusion,
    noise: TrainingNoise,
    photos: Sequence[Picture],
    *,
    seed: int,
    cache_dir: Path,
    after_each: Callable[[], None],
) -> EncodedPhotos:
    """Tell what is in the photos and encode every example of them, as the engine's constants say.

    `cache_dir` keeps the base model's own pictures. `after_each` may raise to stop.
    """
    return _Encoding(diffusion, noise, seed, cache_dir, after_each).of(photos)


class _Encoding:
    def __init__(
        self,
        diffusion: LatentDiffusion,
        noise: TrainingNoise,
        seed: int,
        cache_dir: Path,
        after_each: Callable[[], None],
    ) -> None:
        self._diffusion, self._noise = diffusion, noise
        self._constants = diffusion.loader.twin
        self._rng = np.random.default_rng(seed)
        self._cache_dir, self._after_each = cache_dir, after_each
        self._captions: dict[str, int] = {"": 0}

    def of(self, photos: Sequence[Picture]) -> EncodedPhotos:
        buckets, told = [], []
        for size, members in by_nearest_size(photos, self._constants.sizes).items():
            self._after_each()
            fitted = np.stack([fit(photo, size) for photo in members])
            scenes = tell_scenes(self._diffusion, self._noise, fitted, self._after_each)
            told += list(zip(members, scenes, strict=True))
            buckets.append(self._fitted(size, fitted, scenes))
        for reframing in self._constants.reframings:
            buckets.append(self._reframed(told, reframing))
        return EncodedPhotos(buckets, self._embedded_captions())

    def _fitted(
        self, size: tuple[int, int], photos: Picture, scenes: Sequence[tuple[str, ...]]
    ) -> Bucket:
        """Photos (n, height, width, 3) of one size, as they are and in every other style."""
        constants, rng = self._constants, self._rng
        examples = [
            example
            for photo, scene in zip(photos, scenes, strict=True)
            for example in make_examples(photo, scene, constants, rng)
        ]
        examples += [
            example
            for words, restyle in constants.restyled.items()
            for photo, scene in zip(restyle(photos), scenes, strict=True)
            for example in make_styled_examples(photo, scene, words, constants, rng)
        ]
        prior = class_prior(self._diffusion, size, self._cache_dir, self._after_each)
        return Bucket(
            self._latents(examples),
            self._caption_rows(examples),
            prior.latents.to(self._diffusion.device),
            [self._row_of(prompt) for prompt in prior.prompts],
        )

    def _reframed(
        self, told: Sequence[tuple[Picture, tuple[str, ...]]], reframing: Reframing
    ) -> Bucket:
        """Photos and their scenes, in a size that photos do not have."""
        examples = [
            example
            for photo, scene in told
            for example in make_reframed_examples(
                photo, scene, reframing, self._constants, self._rng
            )
        ]
        latents = self._latents(examples)
        around = torch.from_numpy(~reframed_region(reframing)).float()[None, None]
        # A cell that the repeated edge reaches into is not the photo's.
        region = functional.adaptive_max_pool2d(around, latents.shape[2:])[0, 0] == 0
        return Bucket(
            latents, self._caption_rows(examples), latents[:0], [], region.to(latents.device)
        )

    def _latents(self, examples: Sequence[Example]) -> torch.Tensor:
        parts = []
        for start in range(0, len(examples), _ENCODE_BATCH):
            pictures = [each.picture for each in examples[start : start + _ENCODE_BATCH]]
            parts.append(self._diffusion.encode(np.stack(pictures)))
            self._after_each()
        return torch.cat(parts)

    def _caption_rows(self, examples: Sequence[Example]) -> list[list[int]]:
        return [[self._row_of(caption) for caption in each.captions] for each in examples]

    def _row_of(self, caption: str) -> int:
        return self._captions.setdefault(caption, len(self._captions))

    def _embedded_captions(self) -> Conditioning:
        captions = list(self._captions)
        parts = [
            self._diffusion.embed(captions[start : start + _ENCODE_BATCH])
            for start in range(0, len(captions), _ENCODE_BATCH)
        ]
        return joined(parts)
