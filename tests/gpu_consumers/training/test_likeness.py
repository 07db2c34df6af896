"""Which checkpoint is chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.training.checkpoint_store import Checkpoint
from gpu_consumers.training.likeness import Likeness, best

FACELESS = np.zeros((4, 4, 3), np.uint8)


class ColourReader:
    """Takes a picture's mean colour for who it shows; a black one shows nobody."""

    def identity(self, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        mean = picture.reshape(-1, 3).mean(0)
        return mean.astype(np.float32) if mean.any() else None


def face(*colour: int) -> NDArray[np.uint8]:
    return np.full((4, 4, 3), colour, np.uint8)


ADA = [face(200, 10, 10), face(250, 20, 0), FACELESS]


def test_samples_of_the_same_person_are_alike() -> None:
    likeness = Likeness(ColourReader(), ADA)
    assert likeness.of([face(220, 15, 5)]) > 0.99
    assert likeness.of([face(0, 0, 255)]) < 0.1


def test_a_sample_without_a_face_counts_as_nought() -> None:
    likeness = Likeness(ColourReader(), ADA)
    assert 0.49 < likeness.of([face(220, 15, 5), FACELESS]) < 0.51


def test_photos_without_a_face_make_nothing_alike() -> None:
    assert Likeness(ColourReader(), [FACELESS]).of([face(1, 2, 3)]) == 0.0


def test_without_a_reader_nothing_is_alike_and_the_last_checkpoint_is_chosen() -> None:
    likeness = Likeness(None, ADA)
    checkpoints = [Checkpoint(step, b"", likeness.of(ADA), ()) for step in (10, 20, 30)]
    assert best(checkpoints).step == 30


def test_the_most_alike_is_chosen_though_it_is_not_the_last() -> None:
    checkpoints = [
        Checkpoint(step, b"", alike, ()) for step, alike in ((1, 0.2), (2, 0.9), (3, 0.8))
    ]
    assert best(checkpoints).step == 2
