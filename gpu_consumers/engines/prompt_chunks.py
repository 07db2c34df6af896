"""A prompt as tokens: in chunks that the text encoder has places for, each word with its weight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

CHUNKS_MAX: Final = 34
"""2,550 tokens: as many as the longest prompt with twin and style has bytes, so all is read."""

_WEIGHTED: Final = re.compile(r"\(([^():]{1,200}):\s{0,4}(\d{1,4}(?:\.\d{0,4})?)\s{0,4}\)")


@dataclass(frozen=True)
class PromptChunk:
    """As many tokens as the text encoder has places, with begin, end and padding, and the weight
    of each. What nobody weighs has 1.
    """

    tokens: tuple[int, ...]
    weights: tuple[float, ...]


def weighted_parts(prompt: str) -> Iterator[tuple[str, float]]:
    """The text of a prompt in order, each part with its weight: `(words:1.2)` says 1.2."""
    end = 0
    for found in _WEIGHTED.finditer(prompt):
        if found.start() > end:
            yield prompt[end : found.start()], 1.0
        yield found[1], float(found[2])
        end = found.end()
    if end < len(prompt) or not prompt:
        yield prompt[end:], 1.0


def chunks_of(
    prompt: str, tokenizer: Any, *, weighs_words: bool, chunks_max: int = CHUNKS_MAX
) -> tuple[PromptChunk, ...]:
    """A prompt in at least one and at most `chunks_max` chunks. What goes beyond is not read.

    `tokenizer` is one of transformers'. Where an engine does not weigh words, it reads all that is
    written as it stands.
    """
    parts = weighted_parts(prompt) if weighs_words else iter([(prompt, 1.0)])
    tokens: list[int] = []
    weights: list[float] = []
    for text, weight in parts:
        found = tokenizer(text, add_special_tokens=False, truncation=False).input_ids
        tokens += found
        weights += [weight] * len(found)
    room = tokenizer.model_max_length - 2
    starts = range(0, max(len(tokens), 1), room)[:chunks_max]
    return tuple(
        _chunk(tokens[start : start + room], weights[start : start + room], tokenizer)
        for start in starts
    )


def _chunk(tokens: list[int], weights: list[float], tokenizer: Any) -> PromptChunk:
    missing = tokenizer.model_max_length - 2 - len(tokens)
    padding = [tokenizer.pad_token_id] * missing
    return PromptChunk(
        (tokenizer.bos_token_id, *tokens, tokenizer.eos_token_id, *padding),
        (1.0, *weights, 1.0, *[1.0] * missing),
    )
