"""Photos as a training sees them: examples of every size and style, encoded once, with their words.

Encoding is a part of the training that is the same at every step, so it is done before the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import torch
from torch.nn import functional

from gpu_consumers.engines.engine_loader import Reframing
from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.engines.prompt_encoding import Conditioning, joined
from gpu_consumers.training.captioner import Captioner, Scene
from gpu_consumers.training.class_prior import class_prior
from gpu_consumers.training.photo_framing import FaceFinder, Framed, framed
from gpu_consumers.training.photo_set import (
    Example,
    Picture,
    make_examples,
    make_reframed_examples,
    make_styled_examples,
    reframed_region,
)

_ENCODE_BATCH: Final = 32
# An autoencoder at 1024 pixels takes more of a card for a picture than a network's step does.
_PICTURES_A_TRAINED_ONE: Final = 2

Scenes: TypeAlias = tuple[Scene, ...]


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
        priors: int,
        caption_dropout: float,
    ) -> Batch:
        """`size` examples of one bucket, `priors` of them the base model's own if it has any."""
        counts = torch.tensor([len(each.latents) for each in self.buckets], dtype=torch.float)
        bucket = self.buckets[int(torch.multinomial(counts, 1, generator=generator))]
        priors = min(priors, size) if bucket.prior_captions else 0
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
    captioner: Captioner,
    photos: Sequence[Picture],
    *,
    finder: FaceFinder | None,
    seed: int,
    cache_dir: Path,
    after_each: Callable[[], None],
) -> EncodedPhotos:
    """Have the photos told and encode every example of them, as the engine's constants say.

    `cache_dir` keeps the base model's own pictures. `after_each` may raise to stop.
    """
    rng = np.random.default_rng(seed)
    return _Encoding(diffusion, captioner, finder, rng, cache_dir, after_each).of(photos)


class _Encoding:
    def __init__(
        self,
        diffusion: LatentDiffusion,
        captioner: Captioner,
        finder: FaceFinder | None,
        rng: np.random.Generator,
        cache_dir: Path,
        after_each: Callable[[], None],
    ) -> None:
        self._diffusion, self._captioner, self._finder = diffusion, captioner, finder
        self._constants = diffusion.loader.twin
        self._rng = rng
        self._cache_dir, self._after_each = cache_dir, after_each
        self._captions: dict[str, int] = {"": 0}

    def of(self, photos: Sequence[Picture]) -> EncodedPhotos:
        buckets: list[Bucket] = []
        scenes: dict[int, Scenes] = {}
        by_size: dict[tuple[int, int], list[Framed]] = {}
        for each in framed(photos, self._constants.sizes, self._finder):
            by_size.setdefault(each.size, []).append(each)
        for members in by_size.values():
            self._after_each()
            wholes = [each for each in members if not each.words]
            if wholes:
                pictures = np.stack([each.picture for each in wholes])
                told = self._captioner.tell(pictures, self._after_each)
                scenes |= {each.of: said for each, said in zip(wholes, told, strict=True)}
        for size, members in by_size.items():
            pictures = np.stack([each.picture for each in members])
            buckets.append(self._fitted(size, pictures, [_said(each, scenes) for each in members]))
        told_photos = [(photos[of], said) for of, said in scenes.items()]
        for reframing in self._constants.reframings:
            buckets.append(self._reframed(told_photos, reframing))
        return EncodedPhotos(buckets, self._embedded_captions())

    def _fitted(self, size: tuple[int, int], photos: Picture, told: Sequence[Scenes]) -> Bucket:
        """Photos (n, height, width, 3) of one size, as they are and in every other style."""
        constants, rng = self._constants, self._rng
        examples = [
            example
            for photo, scenes in zip(photos, told, strict=True)
            for example in make_examples(photo, scenes, constants, rng)
        ]
        examples += [
            example
            for words, restyle in constants.restyled.items()
            for photo, scenes in zip(restyle(photos), told, strict=True)
            for example in make_styled_examples(photo, scenes, words, constants, rng)
        ]
        prior = class_prior(self._diffusion, size, self._cache_dir, self._after_each)
        return Bucket(
            self._latents(examples),
            self._caption_rows(examples),
            prior.latents.to(self._diffusion.device),
            [self._row_of(prompt) for prompt in prior.prompts],
        )

    def _reframed(self, told: Sequence[tuple[Picture, Scenes]], reframing: Reframing) -> Bucket:
        """Photos and their scenes, in a size that photos do not have."""
        examples = [
            example
            for photo, scenes in told
            for example in make_reframed_examples(
                photo, scenes, reframing, self._constants, self._rng
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
        at_once = min(_ENCODE_BATCH, _PICTURES_A_TRAINED_ONE * self._constants.batch_size)
        for start in range(0, len(examples), at_once):
            pictures = [each.picture for each in examples[start : start + at_once]]
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


def _said(each: Framed, scenes: Mapping[int, Scenes]) -> Scenes:
    """What is told of the whole photo is true of its face, too."""
    return tuple((*scene, *each.words) for scene in scenes[each.of])
