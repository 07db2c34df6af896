"""Which colour each colour word means."""

from __future__ import annotations

from typing import Final

from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.styles import INK, Colour

SKIN_STOPS: Final[tuple[Colour, ...]] = (
    (255.0, 228.0, 208.0),
    (238.0, 188.0, 146.0),
    (182.0, 122.0, 82.0),
    (112.0, 72.0, 50.0),
)
HAIR: Final[dict[str, Colour]] = {
    "black": (40.0, 36.0, 44.0),
    "brown": (124.0, 76.0, 36.0),
    "blonde": (244.0, 208.0, 84.0),
    "red": (216.0, 76.0, 24.0),
    "white": (238.0, 238.0, 242.0),
    "blue": (48.0, 96.0, 224.0),
    "pink": (248.0, 112.0, 176.0),
}
EYE: Final[dict[str, Colour]] = {
    "brown": (146.0, 82.0, 22.0),
    "blue": (24.0, 112.0, 250.0),
    "green": (22.0, 164.0, 60.0),
}
TOP: Final[dict[str, Colour]] = {
    "red": (216.0, 36.0, 40.0),
    "blue": (36.0, 72.0, 200.0),
    "green": (30.0, 150.0, 64.0),
    "yellow": (244.0, 204.0, 32.0),
    "white": (244.0, 244.0, 244.0),
    "black": (44.0, 44.0, 50.0),
}
BACKGROUND: Final[dict[str, Colour]] = {
    "blue": (130.0, 200.0, 250.0),
    "green": (150.0, 224.0, 140.0),
    "yellow": (252.0, 236.0, 140.0),
    "pink": (252.0, 184.0, 208.0),
    "purple": (176.0, 130.0, 216.0),
    "grey": (176.0, 180.0, 184.0),
}
EYE_WHITE: Final[Colour] = (255.0, 255.0, 255.0)
PUPIL: Final[Colour] = (10.0, 10.0, 14.0)
MOUTH: Final[Colour] = (168.0, 24.0, 40.0)
LASH: Final[Colour] = (20.0, 14.0, 18.0)
LIP: Final[Colour] = (206.0, 54.0, 66.0)
FRAME: Final[Colour] = (20.0, 16.0, 24.0)
MOLE: Final[Colour] = (18.0, 8.0, 8.0)


def shaded(colour: Colour, factor: float) -> Colour:
    """The colour, darker below 1 and lighter above; clipped to 0..255."""
    r, g, b = (min(255.0, max(0.0, c * factor)) for c in colour)
    return (r, g, b)


def skin_colour(identity: Identity) -> Colour:
    position = identity.skin * (len(SKIN_STOPS) - 1)
    low = min(len(SKIN_STOPS) - 2, int(position))
    share = position - low
    r, g, b = (
        a * (1 - share) + c * share
        for a, c in zip(SKIN_STOPS[low], SKIN_STOPS[low + 1], strict=True)
    )
    return (r, g, b)


def nose_colour(identity: Identity) -> Colour:
    # On dark skin a shade of the skin would vanish at 64 pixels.
    return shaded(skin_colour(identity), 0.66) if identity.skin < 0.75 else (48.0, 28.0, 20.0)


def freckle_colour(identity: Identity) -> Colour:
    return (150.0, 58.0, 22.0) if identity.skin < 0.6 else (30.0, 12.0, 6.0)


def hair_colour(identity: Identity) -> Colour:
    return shaded(HAIR[identity.hair_colour], 1 + 0.13 * identity.trait("hair_shade"))


def brow_colour(identity: Identity) -> Colour:
    hair = hair_colour(identity)
    if identity.hair_style == "bald" or sum(hair) < 260:
        return INK
    return shaded(hair, 0.55)


def beard_colour(identity: Identity) -> Colour:
    if identity.hair_style == "bald":
        return (92.0, 56.0, 34.0)
    return shaded(hair_colour(identity), 0.86)
