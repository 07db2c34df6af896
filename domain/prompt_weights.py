"""Words that somebody weighs: `(red hair:1.3)` is more red hair, `(fog:0.5)` is half the fog."""

import re

import msgspec

WEIGHT_MIN, WEIGHT_MAX = 0.1, 2.0
"""Below, a word may as well be left out; above, pictures fall apart."""

_WEIGHTED = re.compile(r"\(([^():]{1,200}):\s{0,4}(\d{1,4}(?:\.\d{0,4})?)\s{0,4}\)")


class WeightedWords(msgspec.Struct, frozen=True):
    """One such place, as it was written, and what it says."""

    written: str
    words: str
    weight: float

    @property
    def is_in_range(self) -> bool:
        """Whether an engine that weighs words can do it."""
        return WEIGHT_MIN <= self.weight <= WEIGHT_MAX


def weighted_words(prompt: str) -> tuple[WeightedWords, ...]:
    """All such places, in order."""
    return tuple(
        WeightedWords(found[0], found[1], float(found[2])) for found in _WEIGHTED.finditer(prompt)
    )


def without_weights(prompt: str, *, between: str) -> str:
    """The prompt as it reads where nobody weighs anything. `between` stands around such words."""
    return _WEIGHTED.sub(lambda found: f"{between}{found[1]}{between}", prompt)
