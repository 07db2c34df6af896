"""An analyser for photographs: YuNet finds faces, SFace tells people apart, both by OpenCV.

No weights ship. An operator puts both ONNX files into a folder and pins their digests; a file that
is absent, or another one, loads nothing, and a gate without its model denies. The analyser knows no
world of cartoons: its `out_of_world` is NaN, which passes no check that needs one.
"""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

DETECTION_SIDE_MAX_PX: Final = 1024
FACE_SCORE_MIN: Final = 0.8
NMS_IOU_MAX: Final = 0.3
FACES_MAX: Final = 50


class WeightsRefused(Exception):
    """A weights file is absent, or is not the one that was pinned."""


@dataclass(frozen=True)
class PinnedWeights:
    """One ONNX file and the SHA-256 it must have, in lower-case hex."""

    path: Path
    sha256: str

    def checked(self) -> str:
        """The path as OpenCV wants it. Raises WeightsRefused."""
        try:
            digest = hashlib.sha256(self.path.read_bytes()).hexdigest()
        except OSError as absent:
            raise WeightsRefused(f"{self.path.name} cannot be read") from absent
        if digest != self.sha256:
            raise WeightsRefused(f"{self.path.name} is not the pinned file")
        return str(self.path)


@dataclass(frozen=True)
class PhotographReport:
    """Faces as rows of YuNet, largest first; the largest one's unit vector; and no world."""

    faces: tuple[NDArray[np.float32], ...]
    identity: tuple[float, ...]
    out_of_world: float = math.nan


class YunetSfaceAnalyser:
    """Both networks on the CPU. One thread at a time."""

    MODEL_ID: Final = "yunet-sface"
    # OpenCV's published threshold for SFace's cosine; operators measure it on their own pictures.
    SAME_PERSON_COSINE_MIN: Final = 0.363
    OUT_OF_WORLD_MAX: Final = math.nan

    def __init__(self, detector: Any, recogniser: Any) -> None:
        self._detector = detector
        self._recogniser = recogniser

    @classmethod
    def load(cls, detector: PinnedWeights, recogniser: PinnedWeights) -> "YunetSfaceAnalyser":
        """Load both networks. Raises WeightsRefused."""
        detector_path, recogniser_path = detector.checked(), recogniser.checked()
        try:
            return cls(
                cv2.FaceDetectorYN.create(
                    detector_path, "", (320, 320), FACE_SCORE_MIN, NMS_IOU_MAX, FACES_MAX
                ),
                cv2.FaceRecognizerSF.create(recogniser_path, ""),
            )
        except cv2.error as unusable:
            raise WeightsRefused("OpenCV cannot load the pinned files") from unusable

    def analyse(self, rgb: NDArray[np.uint8]) -> PhotographReport:
        """Look at one picture, uint8 RGB (height, width, 3)."""
        bgr = cv2.cvtColor(_fitted(rgb), cv2.COLOR_RGB2BGR)
        height, width = bgr.shape[:2]
        self._detector.setInputSize((width, height))
        _, rows = self._detector.detect(bgr)
        # Each row: x, y, width, height, five landmarks, score.
        faces = [] if rows is None else sorted(rows, key=lambda row: -float(row[2] * row[3]))
        if not faces:
            return PhotographReport((), ())
        aligned = self._recogniser.alignCrop(bgr, faces[0])
        vector = np.asarray(self._recogniser.feature(aligned), np.float64).ravel()
        unit = vector / np.linalg.norm(vector)
        return PhotographReport(tuple(faces), tuple(float(value) for value in unit))


def _fitted(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = DETECTION_SIDE_MAX_PX / max(height, width)
    if scale >= 1.0:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
