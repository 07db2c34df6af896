"""Whether words are obeyed: gate 3, what a prompt names; gate 4, what a negative prompt takes."""

from __future__ import annotations

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
# Of the glasses that appear unasked: what a negative prompt must at least take away.
TAKEN_AWAY_MIN: Final = 0.5
_SEED: Final = 77


def pass_prompt_gates(work_dir: WorkDir, device: str) -> dict[str, Any]:
    """Gates: the worst of the seven core attributes, and the share of glasses taken away."""
    pipeline, reader = make_pipeline(work_dir, device), load_reader(work_dir, device)
    scores = prompted_accuracy(pipeline, reader, PICTURES, seed=_SEED, device=device)
    worst = min(scores[name] for name in CORE_ATTRIBUTES)
    pass_gate("prompted core attributes, worst", worst, CORE_ACCURACY_MIN)
    without, within = glasses_rates(pipeline, reader, PICTURES, seed=_SEED, device=device)
    taken = 1 - within / max(without, 1e-9)
    pass_gate("glasses taken away by the negative prompt 'glasses'", taken, TAKEN_AWAY_MIN)
    return {**scores, "glasses_without": without, "glasses_with_negative": within}


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


def glasses_rates(
    pipeline: Any, reader: Reader, count: int, *, seed: int, device: str = "cpu"
) -> tuple[float, float]:
    """How often glasses appear when nothing is said of them: without the negative, and with."""
    rng = np.random.default_rng(seed)
    captions = [
        join(scene_phrases(random_scene(rng), rng), "a portrait of a person") for _ in range(count)
    ]
    without, within = (
        float((read(reader, drawn, device)["glasses"] > 0).mean())
        for drawn in (
            draw(pipeline, captions, negative_prompt=negative, seed=7)
            for negative in ("", "glasses")
        )
    )
    return without, within
