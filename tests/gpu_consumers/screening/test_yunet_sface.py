"""The analyser for photographs loads what was pinned and nothing else. None ship with this."""

import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gpu_consumers.screening.pinned_weights import PinnedWeights, WeightsRefused
from gpu_consumers.screening.yunet_sface import YunetSfaceAnalyser
from tests.gpu_consumers.screening.gate_folder import shapes
from tests.gpu_consumers.screening.tiny_networks import finder_of_red_squares, teller_of_colours

FOG = np.full((400, 2_000, 3), 90, np.uint8)


def pinned(path: Path, data: bytes | None, sha256: str | None = None) -> PinnedWeights:
    if data is not None:
        path.write_bytes(data)
    return PinnedWeights(path, sha256 or hashlib.sha256(data or b"").hexdigest())


def test_absent_weights_load_nothing(tmp_path: Path) -> None:
    absent = pinned(tmp_path / "yunet.onnx", None)
    with pytest.raises(WeightsRefused, match="cannot be read"):
        YunetSfaceAnalyser.load(absent, absent)


def test_other_weights_than_the_pinned_ones_load_nothing(tmp_path: Path) -> None:
    other = pinned(tmp_path / "yunet.onnx", b"onnx", sha256="0" * 64)
    with pytest.raises(WeightsRefused, match="not the pinned file"):
        YunetSfaceAnalyser.load(other, other)


def test_pinned_weights_that_are_no_network_load_nothing(tmp_path: Path) -> None:
    nonsense = pinned(tmp_path / "yunet.onnx", b"onnx")
    with pytest.raises(WeightsRefused, match="cannot load"):
        YunetSfaceAnalyser.load(nonsense, nonsense)


class Detector:
    """Finds the faces it was given, whatever it is shown."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        rows = np.zeros((len(boxes), 15), np.float32)
        for row, box in zip(rows, boxes, strict=True):
            row[:4] = box
        self._rows = rows if boxes else None
        self.size = (0, 0)

    def setInputSize(self, size: tuple[int, int]) -> None:
        self.size = size

    def detect(self, bgr: NDArray[np.uint8]) -> tuple[int, NDArray[np.float32] | None]:
        assert bgr.shape[1::-1] == self.size
        return 1, self._rows


class Recogniser:
    """The aligned crop is the face's row; its vector begins with the row's width."""

    def alignCrop(self, bgr: NDArray[np.uint8], row: NDArray[np.float32]) -> NDArray[np.float32]:
        return row

    def feature(self, aligned: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array([[aligned[2], 0.0, aligned[2]]], np.float32)


def test_the_largest_face_is_identified_by_a_unit_vector() -> None:
    analyser = YunetSfaceAnalyser(Detector((0, 0, 10, 10), (50, 0, 90, 90)), Recogniser())
    report = analyser.analyse(FOG)
    assert [float(face[2]) for face in report.faces] == [90.0, 10.0]
    assert report.identity == pytest.approx((math.sqrt(0.5), 0.0, math.sqrt(0.5)))
    assert math.isnan(report.out_of_world)


def test_a_picture_without_a_face_has_no_identity() -> None:
    report = YunetSfaceAnalyser(Detector(), Recogniser()).analyse(FOG)
    assert report.faces == ()
    assert report.identity == ()


def test_opencv_runs_what_was_loaded_from_the_checked_bytes(tmp_path: Path) -> None:
    detector = pinned(tmp_path / "yunet.onnx", finder_of_red_squares())
    recogniser = pinned(tmp_path / "sface.onnx", teller_of_colours())
    analyser = YunetSfaceAnalyser.load(detector, recogniser, same_person_cosine_min=0.5)
    report = analyser.analyse(shapes(1, faces=2))
    assert np.allclose(report.boxes, [(0.2, 0.2, 0.4, 0.4), (0.5, 0.2, 0.7, 0.4)])
    assert sum(value**2 for value in report.identity) == pytest.approx(1.0)
    assert analyser.SAME_PERSON_COSINE_MIN == 0.5
    assert detector.sha256[:32] in analyser.MODEL_ID
    assert recogniser.sha256[:32] in analyser.MODEL_ID
