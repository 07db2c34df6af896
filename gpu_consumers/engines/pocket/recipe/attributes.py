"""Which attributes can be read from a picture, and their classes."""

from __future__ import annotations

from typing import Final

from gpu_consumers.engines.pocket.world.identity import (
    EYE_COLOURS,
    GLASSES,
    HAIR_COLOURS,
    HAIR_STYLES,
    SKIN_WORDS,
    Identity,
)
from gpu_consumers.engines.pocket.world.scene import (
    BACKGROUNDS,
    EXPRESSIONS,
    TOPS,
    VIEWS,
    Scene,
)
from gpu_consumers.engines.pocket.world.styles import STYLES

_NO_YES: Final = ("no", "yes")
LABELS: Final[dict[str, tuple[str, ...]]] = {
    "hair_style": HAIR_STYLES,
    "hair_colour": HAIR_COLOURS,
    "top": TOPS,
    "background": BACKGROUNDS,
    "view": VIEWS,
    "expression": EXPRESSIONS,
    "glasses": GLASSES,
    "eye_colour": EYE_COLOURS,
    "skin": SKIN_WORDS,
    "beard": _NO_YES,
    "freckles": _NO_YES,
    "mole": _NO_YES,
    "style": tuple(STYLES),
}
# A bald head shows no hair colour: its label means nothing and is left out of every score.
BALD: Final = HAIR_STYLES.index("bald")
CORE_ATTRIBUTES: Final = (
    "hair_style",
    "hair_colour",
    "top",
    "background",
    "view",
    "expression",
    "glasses",
)


def labels_of(identity: Identity, scene: Scene, style_name: str) -> dict[str, int]:
    """Attribute to class index, in LABELS order."""
    values = {
        "hair_style": identity.hair_style,
        "hair_colour": identity.hair_colour,
        "top": scene.top,
        "background": scene.background,
        "view": scene.view,
        "expression": scene.expression,
        "glasses": identity.glasses,
        "eye_colour": identity.eye_colour,
        "skin": identity.skin_word,
        "beard": _NO_YES[identity.beard],
        "freckles": _NO_YES[identity.freckles],
        "mole": _NO_YES[identity.mole],
        "style": style_name,
    }
    return {name: classes.index(values[name]) for name, classes in LABELS.items()}
