"""Where the identity check's threshold lies, on renders as large as pictures are delivered.

The analyser shrinks what it sees, a face to 64 pixels; so renders of the size that is encoded,
blown up, are measured beside those of the size that is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.recipe.twin_figures import medoid_of, vectors_of
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, SQUARE, Frame
from gpu_consumers.engines.pocket.world.identity import Identity
from gpu_consumers.engines.pocket.world.photo_set import described_photo_set
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES

_SEED: Final = 30_000
_FALSE_MATCH_SHARE: Final = 0.01
_DELIVERED_PX: Final = 512
# Of one person's pictures in any style.
_SAME_SHARE_MIN: Final = 0.95
_Picture = NDArray[np.uint8]


def identity_lines(
    analyser: PocketFaceAnalyser, people: int, pictures: int
) -> Iterator[dict[str, Any]]:
    """`pictures` of each of `people` in every style, against everybody's medoid photo."""
    sets = [described_photo_set(_SEED + number) for number in range(people)]
    medoids = np.stack([medoid_of(analyser, each) for each in sets])
    sizes = {"drawn": SQUARE.scaled(DRAWN_SCALE), "encoded": SQUARE}
    for style in STYLES:
        for name, frame in sizes.items():
            cosines = np.stack(
                [
                    _seen(analyser, each.identity, number, pictures, style, frame) @ medoids.T
                    for number, each in enumerate(sets)
                ]
            )
            own = np.eye(people, dtype=bool)[:, None, :].repeat(pictures, axis=1)
            same = float((cosines[own] >= analyser.SAME_PERSON_COSINE_MIN).mean())
            others = cosines[~own]
            yield {
                "measure": f"analyser: own renders taken for the same person, {style}, as {name}",
                "value": round(same, 4),
                "goal": _SAME_SHARE_MIN,
                "holds": same >= _SAME_SHARE_MIN,
                "n": people * pictures,
                "others_taken": round(float((others >= analyser.SAME_PERSON_COSINE_MIN).mean()), 4),
                "cosine_at_1_percent": round(float(np.quantile(others, 1 - _FALSE_MATCH_SHARE)), 3),
                "pairs": int(others.size),
            }


def _seen(
    analyser: PocketFaceAnalyser,
    identity: Identity,
    number: int,
    pictures: int,
    style: str,
    frame: Frame,
) -> NDArray[np.float64]:
    """(pictures, width): the same scenes at any size, each as it would be delivered."""
    rng = np.random.default_rng([_SEED, number])
    shown = [
        _delivered(render(identity, random_scene(rng), style=STYLES[style], frame=frame))
        for _ in range(pictures)
    ]
    return vectors_of(analyser, shown)[0]


def _delivered(picture: _Picture) -> _Picture:
    size = (_DELIVERED_PX, _DELIVERED_PX)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LANCZOS4), np.uint8)
