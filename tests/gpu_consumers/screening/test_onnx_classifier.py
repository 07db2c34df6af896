"""A pinned network counts classes, and says nothing where it is not what was described."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from gpu_consumers.screening.onnx_classifier import (
    CountedClasses,
    NoProbabilities,
    OnnxClassifier,
    PictureInput,
)
from gpu_consumers.screening.pinned_weights import PinnedWeights, WeightsRefused
from tests.gpu_consumers.screening.tiny_networks import colour_classifier

COLOURS = [[20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0]]
SMALL = PictureInput(32, 32, "NCHW", "RGB", (0.0, 0.0, 0.0), 1 / 255)
RED = np.full((60, 90, 3), (255, 0, 0), np.uint8)
BLUE = np.full((60, 90, 3), (0, 0, 255), np.uint8)


def pinned(folder: Path, data: bytes, sha256: str | None = None) -> PinnedWeights:
    path = folder / "colours.onnx"
    path.write_bytes(data)
    return PinnedWeights(path, sha256 or hashlib.sha256(data).hexdigest())


def test_the_counted_classes_are_summed(tmp_path: Path) -> None:
    weights = pinned(tmp_path, colour_classifier(COLOURS))
    reds = OnnxClassifier.load("reds", weights, SMALL, CountedClasses(3, (0,), "logits"))
    warm = OnnxClassifier.load("warm", weights, SMALL, CountedClasses(3, (0, 1), "logits"))
    assert reds.likelihood(RED) > 0.99
    assert reds.likelihood(BLUE) < 0.01
    assert warm.likelihood(RED) > 0.99
    assert reds.name == f"reds@{weights.sha256}"


def test_a_network_may_take_its_colours_last_and_backwards(tmp_path: Path) -> None:
    weights = pinned(tmp_path, colour_classifier(COLOURS, layout="NHWC"))
    caffe = PictureInput(32, 40, "NHWC", "BGR", (104.0, 117.0, 123.0), 1 / 255, through_jpeg=True)
    reds = OnnxClassifier.load("reds", weights, caffe, CountedClasses(3, (2,), "logits"))
    assert reds.likelihood(RED) > 0.99
    assert reds.likelihood(BLUE) < 0.01


@pytest.mark.parametrize(
    ("data", "classes"),
    [
        (colour_classifier(COLOURS), CountedClasses(4, (0,), "logits")),
        (colour_classifier(COLOURS), CountedClasses(3, (0,), "probabilities")),
        (colour_classifier(COLOURS, layout="NHWC"), CountedClasses(3, (0,), "logits")),
        (b"no network at all", CountedClasses(3, (0,), "logits")),
    ],
    ids=["other classes", "logits", "another layout", "nonsense"],
)
def test_a_network_that_is_not_as_described_is_refused_when_it_is_loaded(
    tmp_path: Path, data: bytes, classes: CountedClasses
) -> None:
    with pytest.raises(WeightsRefused, match="no classifier"):
        OnnxClassifier.load("reds", pinned(tmp_path, data), SMALL, classes)


def test_another_file_than_the_pinned_one_is_refused(tmp_path: Path) -> None:
    other = pinned(tmp_path, colour_classifier(COLOURS), sha256="0" * 64)
    with pytest.raises(WeightsRefused, match="not the pinned file"):
        OnnxClassifier.load("reds", other, SMALL, CountedClasses(3, (0,), "logits"))


@pytest.mark.parametrize(
    "answer", [[0.5, 0.4], [1.5, -0.5], [np.nan, 1.0], [np.inf, 0.0], [1.0], [0.2, 0.3, 0.5]]
)
def test_what_is_no_probability_is_no_answer(answer: list[float]) -> None:
    with pytest.raises(NoProbabilities):
        CountedClasses(2, (0,), "probabilities").likelihood(np.asarray(answer, np.float64))
