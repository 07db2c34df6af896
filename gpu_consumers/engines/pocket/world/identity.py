"""Who a person is: the attributes that words name, and the traits that words cannot say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

SKIN_WORDS: Final = ("pale", "tan", "brown", "dark")
HAIR_STYLES: Final = ("short", "long", "afro", "bun", "spiky", "bald")
HAIR_COLOURS: Final = ("black", "brown", "blonde", "red", "white", "blue", "pink")
EYE_COLOURS: Final = ("brown", "blue", "green")
GLASSES: Final = ("none", "round", "square")

# Each lies in -1..1, moves pixels, and has no word: only pictures can tell two people apart by it.
TRAITS: Final = (
    "face_width",
    "jaw",
    "chin",
    "eye_spacing",
    "eye_size",
    "eye_height",
    "brow_thickness",
    "brow_tilt",
    "nose_length",
    "nose_width",
    "mouth_width",
    "mouth_height",
    "mouth_drop",
    "ear_size",
    "hair_volume",
    "hairline",
    "hair_shade",
    "blush",
    "mole_x",
    "mole_y",
)

_HAIR_STYLE_SHARES: Final = (0.19, 0.19, 0.19, 0.17, 0.17, 0.09)
_NO_GLASSES_SHARE: Final = 0.45
_BEARD_SHARE: Final = 0.25
_FRECKLES_SHARE: Final = 0.3
_MOLE_SHARE: Final = 0.3


@dataclass(frozen=True)
class Identity:
    """One adult. `traits` follows TRAITS, each -1..1; `skin` runs from 0 (pale) to 1 (dark)."""

    traits: tuple[float, ...]
    skin: float
    hair_style: str
    hair_colour: str
    eye_colour: str
    glasses: str
    beard: bool
    freckles: bool
    mole: bool

    def trait(self, name: str) -> float:
        return self.traits[TRAITS.index(name)]

    @property
    def skin_word(self) -> str:
        return SKIN_WORDS[min(3, int(self.skin * 4))]


def random_identity(rng: np.random.Generator) -> Identity:
    """A person drawn from the whole identity space. Same generator state, same person."""
    return Identity(
        traits=_random_traits(rng),
        skin=float(rng.uniform(0, 1)),
        hair_style=HAIR_STYLES[int(rng.choice(len(HAIR_STYLES), p=_HAIR_STYLE_SHARES))],
        hair_colour=HAIR_COLOURS[int(rng.integers(len(HAIR_COLOURS)))],
        eye_colour=EYE_COLOURS[int(rng.integers(len(EYE_COLOURS)))],
        glasses="none" if rng.random() < _NO_GLASSES_SHARE else GLASSES[1 + int(rng.integers(2))],
        beard=bool(rng.random() < _BEARD_SHARE),
        freckles=bool(rng.random() < _FRECKLES_SHARE),
        mole=bool(rng.random() < _MOLE_SHARE),
    )


def look_alike(identity: Identity, rng: np.random.Generator) -> Identity:
    """Another person whom every word describes just as well: only traits and skin shade differ."""
    band = SKIN_WORDS.index(identity.skin_word)
    return replace(
        identity,
        traits=_random_traits(rng),
        skin=(band + float(rng.uniform(0.02, 0.98))) / len(SKIN_WORDS),
    )


def _random_traits(rng: np.random.Generator) -> tuple[float, ...]:
    return tuple(float(value) for value in rng.uniform(-1, 1, len(TRAITS)))
