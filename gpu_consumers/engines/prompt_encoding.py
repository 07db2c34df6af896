"""Prompts to vectors, as the Stable Diffusion family encodes them: of any length, and with weights.

CLIP has places for 77 tokens. A longer prompt is encoded in chunks, and their vectors are joined:
attention in the denoiser takes any number. A prompt of one chunk without weights becomes exactly
what diffusers' pipelines make of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from gpu_consumers.engines.prompt_chunks import CHUNKS_MAX, PromptChunk, chunks_of


@dataclass(frozen=True)
class Conditioning:
    """Encoded prompts: hidden (n, tokens, width), pooled (n, width) where the network wants it.

    `mask` (n, tokens) is 1 where a prompt has tokens and 0 behind its end; None where all are
    equally long, so that nobody looks at one.
    """

    hidden: torch.Tensor
    pooled: torch.Tensor | None
    mask: torch.Tensor | None = None

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """How many tokens each prompt has. Waits for the device, once."""
        if self.mask is None:
            return (self.hidden.shape[1],) * len(self.hidden)
        return tuple(int(length) for length in self.mask.sum(1).tolist())

    def pick(self, indices: torch.Tensor | Sequence[int]) -> Conditioning:
        pooled = None if self.pooled is None else self.pooled[indices]
        mask = None if self.mask is None else self.mask[indices]
        return Conditioning(self.hidden[indices], pooled, mask)

    def then(self, other: Conditioning) -> Conditioning:
        """These, and the other ones after them."""
        return joined([self, other])


class PromptEncoder:
    """The tokenizers and text encoders of a pipeline. Not trained, and never changed."""

    def __init__(
        self, pipeline: Any, device: torch.device, *, is_xl: bool, weighs_words: bool
    ) -> None:
        self._device = device
        self._is_xl = is_xl
        self._weighs_words = weighs_words
        pairs = [(pipeline.tokenizer, pipeline.text_encoder)]
        if is_xl:
            pairs.append((pipeline.tokenizer_2, pipeline.text_encoder_2))
        self._pairs = pairs

    @property
    def dtype(self) -> torch.dtype:
        """The precision of what is encoded: that of the last encoder."""
        dtype: torch.dtype = self._pairs[-1][1].dtype
        return dtype

    @torch.no_grad()
    def encode(self, prompts: Sequence[str], *, chunks_max: int = CHUNKS_MAX) -> Conditioning:
        """Encode prompts on the device. What no `chunks_max` chunks hold is not read."""
        by_encoder = [
            [
                chunks_of(prompt, tokenizer, weighs_words=self._weighs_words, chunks_max=chunks_max)
                for prompt in prompts
            ]
            for tokenizer, _ in self._pairs
        ]
        counts = [max(map(len, of_prompt)) for of_prompt in zip(*by_encoder, strict=True)]
        sides = [
            self._side(tokenizer, encoder, chunks, counts)
            for (tokenizer, encoder), chunks in zip(self._pairs, by_encoder, strict=True)
        ]
        # As the pipelines do: all in the precision of the last encoder.
        hidden = torch.cat([hidden for hidden, _ in sides], dim=-1).to(self.dtype)
        pooled = sides[-1][1] if self._is_xl else None
        rows, first = [], 0
        for count in counts:
            row = hidden[first : first + count].flatten(0, 1)[None]
            rows.append(Conditioning(row, None if pooled is None else pooled[first][None]))
            first += count
        return rows[0] if len(rows) == 1 else joined(rows)

    def _side(
        self,
        tokenizer: Any,
        encoder: Any,
        prompts: Sequence[tuple[PromptChunk, ...]],
        counts: Sequence[int],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What one encoder makes of all chunks: hidden (chunks, tokens, width), pooled."""
        (empty,) = chunks_of("", tokenizer, weighs_words=False)
        chunks: list[PromptChunk] = []
        for prompt, count in zip(prompts, counts, strict=True):
            chunks += [*prompt, *[empty] * (count - len(prompt))]
        hidden, pooled = self._read(encoder, chunks)
        weights = torch.tensor([chunk.weights for chunk in chunks], device=self._device)
        if bool((weights != 1.0).any()):
            # A word's vector is drawn away from what would stand in its place were nothing said.
            nothing, _ = self._read(encoder, [empty])
            heavier = nothing + (hidden - nothing) * weights[..., None].to(hidden.dtype)
            hidden = torch.where(weights[..., None] == 1.0, hidden, heavier)
        return hidden, pooled

    def _read(
        self, encoder: Any, chunks: Sequence[PromptChunk]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        tokens = torch.tensor([chunk.tokens for chunk in chunks], device=self._device)
        answer = encoder(tokens, output_hidden_states=self._is_xl)
        return (answer.hidden_states[-2] if self._is_xl else answer[0]), answer[0]


def joined(parts: Sequence[Conditioning]) -> Conditioning:
    """All of them, one after the other. The shorter ones are filled up, and that is masked."""
    longest = max(part.hidden.shape[1] for part in parts)
    is_even = all(part.hidden.shape[1] == longest and part.mask is None for part in parts)
    hidden = torch.cat([_filled(part.hidden, longest) for part in parts])
    mask = None if is_even else torch.cat([_mask(part, longest) for part in parts])
    pooled = [part.pooled for part in parts if part.pooled is not None]
    return Conditioning(hidden, torch.cat(pooled) if len(pooled) == len(parts) else None, mask)


def _mask(part: Conditioning, length: int) -> torch.Tensor:
    mask = part.mask
    if mask is None:
        mask = torch.ones(part.hidden.shape[:2], device=part.hidden.device)
    return _filled(mask, length)


def _filled(tensor: torch.Tensor, length: int) -> torch.Tensor:
    """(n, tokens, …) with zeros behind, as long as `length`."""
    missing = length - tensor.shape[1]
    if not missing:
        return tensor
    filling = tensor.new_zeros((tensor.shape[0], missing, *tensor.shape[2:]))
    return torch.cat([tensor, filling], dim=1)
