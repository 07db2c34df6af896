"""Whether a twin is that person: its pictures against look-alikes who share every word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.recipe.attributes import labels_of
from gpu_consumers.engines.pocket.recipe.reader import Reader, read
from gpu_consumers.engines.pocket.recipe.sampling import draw
from gpu_consumers.engines.pocket.recipe.twin_trial import scene_caption, train_twin
from gpu_consumers.engines.pocket.world.captions import full_caption
from gpu_consumers.engines.pocket.world.identity import Identity, look_alike, random_identity
from gpu_consumers.engines.pocket.world.photo_set import PhotoSet, described_photo_set, from_jpeg
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import Scene, random_scene
from gpu_consumers.engines.pocket.world.vocabulary import DEFAULT_TRIGGER_WORD

_GALLERY: Final = 50
_ENROLLED: Final = 12
_PROBES: Final = 24
_SEED: Final = 5_000
_Pictures = NDArray[np.uint8]
_Vectors = NDArray[np.float64]


def twin_lines(
    pipeline: Any, analyser: PocketFaceAnalyser, reader: Reader, twins: int
) -> Iterator[dict[str, Any]]:
    """Train `twins` twins of unseen people and score each; the last line is their mean."""
    rows = []
    for number in range(twins):
        row = one_twin(pipeline, analyser, reader, _SEED + number)
        rows.append(row)
        yield {"measure": f"twin {number}", **row}
    if not rows:
        return
    mean = {key: round(float(np.mean([row[key] for row in rows])), 3) for key in rows[0]}
    goals = {
        "look_alike": (mean["twin_rank_1_look_alike"], 0.7 * mean["real_rank_1_look_alike"]),
        "random": (mean["twin_rank_1_random"], 0.98 * mean["real_rank_1_random"]),
    }
    for name, (value, goal) in goals.items():
        yield {
            "measure": f"twin rank-1 of {_GALLERY} {name} people, mean of {twins} twins",
            "value": value,
            "goal": round(goal, 3),
            "holds": value >= goal,
            "ceiling": mean[f"real_rank_1_{name}"],
            "prompt_only": mean[f"prompt_rank_1_{name}"],
            "chance": 1 / _GALLERY,
            "n": _PROBES * twins,
        }
    yield {"measure": f"twins, mean of {twins}", **mean}


def one_twin(
    pipeline: Any, analyser: PocketFaceAnalyser, reader: Reader, seed: int
) -> dict[str, float]:
    photos = described_photo_set(seed)
    rng = np.random.default_rng([seed, 1])
    scenes = [random_scene(rng) for _ in range(_PROBES)]
    galleries = {
        "look_alike": _gallery(
            analyser, [photos.identity] + [look_alike(photos.identity, rng) for _ in range(49)], rng
        ),
        "random": _gallery(
            analyser, [photos.identity] + [random_identity(rng) for _ in range(49)], rng
        ),
    }
    worded = [full_caption(photos.identity, scene, rng, subject="a person") for scene in scenes]
    prompted = draw(pipeline, worded, seed=11)
    spent = train_twin(pipeline, photos, seed=seed)
    twin = draw(pipeline, [scene_caption(s, DEFAULT_TRIGGER_WORD) for s in scenes], seed=11)
    pipeline.unet.delete_adapters("default")
    medoid = medoid_of(analyser, photos)
    drawn = {
        "real": np.stack([render(photos.identity, scene) for scene in scenes]),
        "twin": twin,
        "prompt": prompted,
    }
    row = {"seconds": round(spent["seconds"], 1)}
    for name, pictures in drawn.items():
        vectors, found = vectors_of(analyser, pictures)
        for kind, gallery in galleries.items():
            right = (vectors @ gallery.T).argmax(1) == 0
            row[f"{name}_rank_1_{kind}"] = round(float((right & found).mean()), 3)
        cosine = vectors @ medoid
        same = (cosine >= analyser.SAME_PERSON_COSINE_MIN) & found
        row[f"{name}_cosine_to_medoid"] = round(float(cosine.mean()), 3)
        row[f"{name}_same_person"] = round(float(same.mean()), 3)
    row["adherence_drop"] = round(
        _adherence(reader, prompted, photos.identity, scenes)
        - _adherence(reader, twin, photos.identity, scenes),
        3,
    )
    return row


def medoid_of(analyser: PocketFaceAnalyser, photos: PhotoSet) -> _Vectors:
    """The photo that is most like all the others, as a unit vector."""
    vectors, _ = vectors_of(analyser, [from_jpeg(photo.jpeg) for photo in photos.photos])
    medoid: _Vectors = vectors[int((vectors @ vectors.T).sum(1).argmax())]
    return medoid


def vectors_of(
    analyser: PocketFaceAnalyser, pictures: Sequence[_Pictures] | _Pictures
) -> tuple[_Vectors, NDArray[np.bool_]]:
    """Unit vectors (n, width), zeros where no face was found, and whether one was."""
    identities = [analyser.analyse(picture).identity for picture in pictures]
    width = max((len(identity) for identity in identities), default=0) or 128
    rows = [identity or (0.0,) * width for identity in identities]
    return np.array(rows), np.array([bool(identity) for identity in identities])


def _gallery(
    analyser: PocketFaceAnalyser, people: list[Identity], rng: np.random.Generator
) -> _Vectors:
    """Each person's mean over enrolment pictures, as unit vectors (people, width)."""
    cv2.setNumThreads(1)
    means = []
    for identity in people:
        pictures = [render(identity, random_scene(rng)) for _ in range(_ENROLLED)]
        vectors, _ = vectors_of(analyser, pictures)
        mean = vectors.mean(0)
        means.append(mean / np.linalg.norm(mean))
    return np.stack(means)


def _adherence(
    reader: Reader, pictures: _Pictures, identity: Identity, scenes: list[Scene]
) -> float:
    """Share of right view, expression, top and background."""
    found = read(reader, pictures, "cpu")
    right = []
    for name in ("view", "expression", "top", "background"):
        truth = [labels_of(identity, scene, "plain")[name] for scene in scenes]
        right.append(float((found[name] == np.array(truth)).mean()))
    return float(np.mean(right))
