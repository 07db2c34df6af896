"""What the face analyser tells apart, on pictures rendered for the test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.analyser import (
    AnalyserWeightsMissing,
    PictureUnreadable,
    PocketFaceAnalyser,
)
from gpu_consumers.engines.pocket.world import bad_photos
from gpu_consumers.engines.pocket.world.photo_set import described_photo_set, from_jpeg
from gpu_consumers.engines.pocket.world.portrait import face_box, render
from gpu_consumers.engines.pocket.world.styles import STYLES

pytestmark = pytest.mark.engine
WEIGHTS = Path(__file__).parents[3] / "gpu_consumers" / "engines" / "pocket" / "weights"
SEEDS = range(40, 46)


@pytest.fixture(scope="module")
def analyser() -> PocketFaceAnalyser:
    pytest.importorskip("torch")
    return PocketFaceAnalyser.load(WEIGHTS)


def photos(seed: int, count: int) -> list[NDArray[np.uint8]]:
    return [from_jpeg(photo.jpeg) for photo in described_photo_set(seed, count).photos]


def test_weights_that_are_not_there_are_a_refusal_of_their_own(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with pytest.raises(AnalyserWeightsMissing):
        PocketFaceAnalyser.load(tmp_path)


def test_an_array_that_is_no_picture_is_refused(analyser: PocketFaceAnalyser) -> None:
    with pytest.raises(PictureUnreadable):
        analyser.analyse(np.zeros((8, 8, 3), np.uint8))


def test_one_face_is_found_where_it_is(analyser: PocketFaceAnalyser) -> None:
    for seed in SEEDS:
        taken = described_photo_set(seed, 1)
        report = analyser.analyse(from_jpeg(taken.photos[0].jpeg))
        assert len(report.faces) == 1
        truth = face_box(taken.identity, taken.photos[0].scene)
        assert np.abs(np.array(report.faces[0].box) - truth).max() < 0.12
        assert abs(np.linalg.norm(report.identity) - 1) < 1e-3
        assert report.out_of_world <= analyser.OUT_OF_WORLD_MAX


def test_two_faces_are_two_and_shapes_are_none(analyser: PocketFaceAnalyser) -> None:
    for seed in SEEDS:
        assert len(analyser.analyse(from_jpeg(bad_photos.two_faces(seed))).faces) == 2
        assert analyser.analyse(from_jpeg(bad_photos.no_face(seed))).faces == ()


def test_what_looks_like_a_photograph_is_out_of_this_world(analyser: PocketFaceAnalyser) -> None:
    for seed in SEEDS:
        report = analyser.analyse(from_jpeg(bad_photos.like_a_photograph(seed)))
        assert report.out_of_world > analyser.OUT_OF_WORLD_MAX


def test_photos_of_one_person_are_alike_and_of_two_people_are_not(
    analyser: PocketFaceAnalyser,
) -> None:
    same, different = [], []
    people = [
        np.array([analyser.analyse(picture).identity for picture in photos(seed, 4)])
        for seed in SEEDS
    ]
    for index, person in enumerate(people):
        middle = person[:3].mean(0) / np.linalg.norm(person[:3].mean(0))
        same.append(float(person[3] @ middle))
        different += [float(o[0] @ middle) for i, o in enumerate(people) if i != index]
    assert np.mean(np.array(same) >= analyser.SAME_PERSON_COSINE_MIN) >= 0.8
    assert np.mean(np.array(different) >= analyser.SAME_PERSON_COSINE_MIN) <= 0.1


def test_styles_stay_in_this_world(analyser: PocketFaceAnalyser) -> None:
    taken = described_photo_set(41, 3)
    for style in STYLES.values():
        for photo in taken.photos:
            report = analyser.analyse(render(taken.identity, photo.scene, style=style))
            assert report.out_of_world <= analyser.OUT_OF_WORLD_MAX
            assert len(report.faces) == 1


def test_the_same_picture_has_the_same_report(analyser: PocketFaceAnalyser) -> None:
    picture = photos(41, 1)[0]
    assert analyser.analyse(picture) == analyser.analyse(picture)


def test_the_analyser_lets_threads_that_wait_sleep() -> None:
    program = (
        f"import pathlib; from {PocketFaceAnalyser.__module__} import PocketFaceAnalyser; "
        f"PocketFaceAnalyser.load(pathlib.Path({str(WEIGHTS)!r}))"
    )
    # OpenMP tells at its start how often a thread that waits looks before it sleeps.
    environment = {**os.environ, "OMP_DISPLAY_ENV": "VERBOSE"}
    environment.pop("OMP_WAIT_POLICY", None)
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=WEIGHTS.parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "GOMP_SPINCOUNT = '0'" in loaded.stderr
