"""How a picture is described, in varied wording; the model learns language from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.scene import Scene
from gpu_consumers.engines.pocket.world.vocabulary import TRIGGER_WORDS

_PEOPLE: Final = ("a person", "someone", "an adult", "a man", "a woman")
_OPENINGS: Final = ("a portrait of", "a photo of", "a picture of", "a drawing of")
_TRIGGER_SHARE: Final = 0.3
_SOME_GLASSES_SHARE: Final = 0.15
# How much of what could be said is said: from nearly all to hardly anything.
_KEEP_SHARES: Final = (0.85, 0.7, 0.4, 0.15)
# Glasses that are worn are nearly always said, so that of whom nothing is said few wear any. Were
# they the usual thing, a negative prompt would have to pull against half of all it has seen.
_WORN_GLASSES_SAID_SHARE: Final = 0.9

_EXPRESSION: Final = {
    "smile": ("smiling", "a smile", "happy"),
    "frown": ("frowning", "a frown", "sad", "angry"),
    "open": ("open mouth", "surprised", "mouth open"),
}
_VIEW: Final = {
    "front": ("front view", "facing front", "looking forward", "looking at the camera"),
    "left": ("looking left", "facing left", "left view"),
    "right": ("looking right", "facing right", "right view"),
}
_STYLE: Final = {
    "plain": ("plain style", "cartoon style", "flat style"),
    "sketch": ("sketch style", "a pencil sketch", "a sketch", "sketched"),
    "neon": ("neon style", "neon lights", "glowing neon"),
    "watercolour": (
        "watercolour style",
        "a watercolour painting",
        "watercolor",
        "watercolor painting",
    ),
    "film": ("film style", "cinematic film", "analog film", "cinematic"),
}
_MOTION: Final = {
    "blink": ("blinking", "blinks"),
    "talk": ("talking", "speaking"),
    "nod": ("nodding", "nods"),
    "turn": ("turning", "turning around"),
    "push": ("zooming in", "pushing in", "closer"),
}
_COLOUR_SPELLINGS: Final = {"blonde": ("blonde", "blond"), "red": ("red", "ginger")}
_NO_GLASSES: Final = ("no glasses", "without glasses")
# A plain picture seldom says so: a prompt without a style word should come out plain.
_PLAIN_STYLE_SAID_SHARE: Final = 0.3


@dataclass(frozen=True)
class Phrase:
    """A few words that say one attribute."""

    attribute: str
    text: str


def identity_phrases(
    identity: Identity, rng: np.random.Generator, *, some_glasses_share: float = 0.0
) -> list[Phrase]:
    """Everything that words can say of a person, each once, in random wording.

    In `some_glasses_share` of the cases glasses are only "glasses", of no shape.
    """
    phrases = [
        Phrase("skin", f"{identity.skin_word} skin"),
        Phrase("hair", _hair(identity, rng)),
        Phrase("eyes", f"{identity.eye_colour} eyes"),
        Phrase("glasses", _glasses(identity.glasses, rng, some_glasses_share)),
    ]
    if identity.beard:
        phrases.append(Phrase("beard", _pick(rng, "a beard", "a full beard", "bearded")))
    elif rng.random() < 0.25:
        phrases.append(Phrase("beard", _pick(rng, "no beard", "without a beard", "clean shaved")))
    if identity.freckles:
        phrases.append(Phrase("freckles", _pick(rng, "freckles", "with freckles")))
    elif rng.random() < 0.12:
        phrases.append(Phrase("freckles", "no freckles"))
    if identity.mole:
        phrases.append(Phrase("mole", "a mole"))
    elif rng.random() < 0.12:
        phrases.append(Phrase("mole", "no mole"))
    return phrases


def scene_phrases(scene: Scene, rng: np.random.Generator) -> list[Phrase]:
    """Everything that words can say of a scene, each once, in random wording."""
    garment = _pick(rng, "top", "shirt", "sweater") if rng.random() < 0.6 else "top"
    top = _pick(rng, f"{scene.top} {garment}", f"wearing a {scene.top} {garment}")
    backdrop = "background" if rng.random() < 0.8 else _pick(rng, "backdrop", "wall")
    return [
        Phrase("expression", _pick(rng, *_EXPRESSION[scene.expression])),
        Phrase("view", _pick(rng, *_VIEW[scene.view])),
        Phrase("top", top),
        Phrase("background", f"{scene.background} {backdrop}"),
    ]


def style_phrases(style_name: str, rng: np.random.Generator) -> list[Phrase]:
    if style_name == "plain" and rng.random() >= _PLAIN_STYLE_SAID_SHARE:
        return []
    return [Phrase("style", _pick(rng, *_STYLE[style_name]))]


def motion_phrase(motion: str, rng: np.random.Generator) -> Phrase:
    """One of `motion.MOTIONS` in random wording."""
    return Phrase("motion", _pick(rng, *_MOTION[motion]))


def full_caption(
    identity: Identity,
    scene: Scene,
    rng: np.random.Generator,
    *,
    style_name: str = "plain",
    subject: str | None = None,
) -> str:
    """A caption that leaves nothing out, in the order person, scene, style."""
    phrases = identity_phrases(identity, rng) + scene_phrases(scene, rng)
    return join([*phrases, *style_phrases(style_name, rng)], opening(rng, subject))


def loose_phrases(
    identity: Identity, scene: Scene, rng: np.random.Generator, *, style_name: str = "plain"
) -> list[Phrase]:
    """What a user would write: some phrases left out, in any order; the style is always said."""
    phrases = identity_phrases(identity, rng, some_glasses_share=_SOME_GLASSES_SHARE)
    phrases += scene_phrases(scene, rng)
    keep_share = float(rng.choice(_KEEP_SHARES))
    shares = {"glasses": keep_share if identity.glasses == "none" else _WORN_GLASSES_SAID_SHARE}
    kept = [phrase for phrase in phrases if rng.random() < shares.get(phrase.attribute, keep_share)]
    kept += style_phrases(style_name, rng)
    if rng.random() < 0.5:
        kept = [kept[int(index)] for index in rng.permutation(len(kept))]
    return kept


def loose_caption(
    identity: Identity, scene: Scene, rng: np.random.Generator, *, style_name: str = "plain"
) -> str:
    phrases = loose_phrases(identity, scene, rng, style_name=style_name)
    return join(phrases, opening(rng) if rng.random() < 0.8 else "")


def twin_caption(scene: Scene, rng: np.random.Generator, *, trigger_word: str) -> str:
    """A caption that names the twin and its scene, and nothing that the twin's name must carry."""
    return join(scene_phrases(scene, rng), f"a portrait of {trigger_word}")


def opening(rng: np.random.Generator, subject: str | None = None) -> str:
    if subject is None:
        people = TRIGGER_WORDS if rng.random() < _TRIGGER_SHARE else _PEOPLE
        subject = _pick(rng, *people)
    return f"{_pick(rng, *_OPENINGS)} {subject}"


def join(phrases: list[Phrase], start: str = "") -> str:
    return ", ".join(([start] if start else []) + [phrase.text for phrase in phrases])


def _hair(identity: Identity, rng: np.random.Generator) -> str:
    style, colour = identity.hair_style, identity.hair_colour
    if style == "bald":
        return _pick(rng, "bald", "a bald head", "shaved head")
    colour = _pick(rng, *_COLOUR_SPELLINGS.get(colour, (colour,)))
    if style == "bun":
        return _pick(
            rng,
            f"{colour} hair in a bun",
            f"{colour} bun",
            f"bun {colour} hair",
            f"{colour} bun hair",
        )
    word = _pick(rng, "afro", "afro", "curly") if style == "afro" else style
    return _pick(rng, f"{word} {colour} hair", f"{colour} {word} hair")


def _glasses(glasses: str, rng: np.random.Generator, some_glasses_share: float) -> str:
    if glasses == "none":
        return _pick(rng, *_NO_GLASSES)
    if rng.random() < some_glasses_share:
        return _pick(rng, "glasses", "wearing glasses")
    return _pick(rng, f"{glasses} glasses", f"wearing {glasses} glasses")


def _pick(rng: np.random.Generator, *choices: str) -> str:
    return choices[int(rng.integers(len(choices)))]
