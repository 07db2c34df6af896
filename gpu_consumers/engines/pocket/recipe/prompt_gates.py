"""Whether words are obeyed: gate 3, what a prompt names; gate 4, what a negative prompt takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gpu_consumers.engines.pocket.recipe.attributes import CORE_ATTRIBUTES, LABELS, labels_of
from gpu_consumers.engines.pocket.recipe.export import make_pipeline
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.reader import Reader, accuracy, load_reader, read
from gpu_consumers.engines.pocket.recipe.sampling import draw
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.world.captions import full_caption, join, scene_phrases
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.scene import random_scene

PICTURES: Final = 100
CORE_ACCURACY_MIN: Final = 0.90
# Of all that the negatives are to take away.
TAKEN_AWAY_MIN: Final = 0.7
PICTURES_A_NEGATIVE: Final = 40
_SEED: Final = 77


@dataclass(frozen=True)
class Negative:
    """A negative prompt, and which values of an attribute it should take away.

    The prompt says nothing of that attribute, but for what `subject` says.
    """

    words: str
    attribute: str
    values: tuple[str, ...]
    subject: str = "a person"


# Whom nothing is said of seldom wears glasses, so their shape is the harder question.
NEGATIVES: Final = (
    Negative("glasses", "glasses", ("round", "square")),
    Negative("round glasses", "glasses", ("round",), "a person, wearing glasses"),
    Negative("smiling", "expression", ("smile",)),
    Negative("looking left", "view", ("left",)),
    Negative("long hair", "hair_style", ("long",)),
    Negative("blue background", "background", ("blue",)),
)


def pass_prompt_gates(work_dir: WorkDir, device: str) -> dict[str, Any]:
    """Gates: the worst of the seven core attributes, and the share that negatives take away."""
    pipeline, reader = make_pipeline(work_dir, device), load_reader(work_dir, device)
    scores = prompted_accuracy(pipeline, reader, PICTURES, seed=_SEED, device=device)
    worst = min(scores[name] for name in CORE_ATTRIBUTES)
    pass_gate("prompted core attributes, worst", worst, CORE_ACCURACY_MIN)
    rates = [
        negative_rates(pipeline, reader, each, PICTURES_A_NEGATIVE, seed=_SEED, device=device)
        for each in NEGATIVES
    ]
    without, within = (sum(column) / len(NEGATIVES) for column in zip(*rates, strict=True))
    taken = 1 - within / max(without, 1e-9)
    pass_gate("share that negative prompts take away", taken, TAKEN_AWAY_MIN)
    return {**scores, "unwanted_without_negative": without, "unwanted_with_negative": within}


def prompted_accuracy(
    pipeline: Any, reader: Reader, count: int, *, seed: int, device: str = "cpu"
) -> dict[str, float]:
    """The share of full captions' attributes read in the pictures drawn from them."""
    rng = np.random.default_rng(seed)
    people = [(random_identity(rng), random_scene(rng)) for _ in range(count)]
    captions = [full_caption(who, scene, rng, subject="a person") for who, scene in people]
    rows = [labels_of(identity, scene, "plain") for identity, scene in people]
    truth = {name: np.array([row[name] for row in rows]) for name in LABELS}
    return accuracy(read(reader, draw(pipeline, captions, seed=5), device), truth)


def negative_rates(
    pipeline: Any, reader: Reader, negative: Negative, count: int, *, seed: int, device: str = "cpu"
) -> tuple[float, float]:
    """How often what `negative` takes away is read in pictures: without it, and with it."""
    rng = np.random.default_rng(seed)
    captions = []
    for _ in range(count):
        said = [
            phrase
            for phrase in scene_phrases(random_scene(rng), rng)
            if phrase.attribute != negative.attribute
        ]
        captions.append(join(said, f"a portrait of {negative.subject}"))
    classes = [LABELS[negative.attribute].index(value) for value in negative.values]
    without, within = (
        float(np.isin(read(reader, drawn, device)[negative.attribute], classes).mean())
        for drawn in (
            draw(pipeline, captions, negative_prompt=words, seed=7)
            for words in ("", negative.words)
        )
    )
    return without, within
