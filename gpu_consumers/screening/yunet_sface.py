"""An analyser for photographs: YuNet finds faces, SFace tells people apart, both by OpenCV.

No weights ship. An operator puts both ONNX files into a folder and pins their digests; a file that
is absent, or another one, loads nothing, and a gate without its model denies. The analyser knows no
world of cartoons: its `out_of_world` is NaN, which passes no check that needs one.
"""

import math
import threading
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.screening.face_analyser import Box
from gpu_consumers.screening.pinned_weights import PinnedWeights, WeightsRefused

DETECTION_SIDE_MAX_PX: Final = 1024
FACE_SCORE_MIN: Final = 0.8
NMS_IOU_MAX: Final = 0.3
FACES_MAX: Final = 50
DIGEST_SHOWN: Final = 32
"""Hexadecimal digits of each file's digest in the model's name: 128 bits."""


@dataclass(frozen=True)
class PhotographReport:
    """Faces as rows of YuNet, largest first; the largest one's unit vector; and no world."""

    faces: tuple[NDArray[np.float32], ...]
    identity: tuple[float, ...]
    out_of_world: float = math.nan
    boxes: tuple[Box, ...] = ()


class YunetSfaceAnalyser:
    """Both networks on the CPU. One picture at a time, however many threads ask."""

    OUT_OF_WORLD_MAX: Final = math.nan
    # OpenCV's published threshold for SFace's cosine; operators measure it on their own pictures.
    PUBLISHED_COSINE_MIN: Final = 0.363

    def __init__(
        self,
        detector: Any,
        recogniser: Any,
        *,
        model_id: str = "yunet-sface",
        same_person_cosine_min: float = PUBLISHED_COSINE_MIN,
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self.MODEL_ID = model_id
        self.SAME_PERSON_COSINE_MIN = same_person_cosine_min
        self._at_work = threading.Lock()

    @classmethod
    def load(
        cls,
        detector: PinnedWeights,
        recogniser: PinnedWeights,
        *,
        same_person_cosine_min: float = PUBLISHED_COSINE_MIN,
    ) -> "YunetSfaceAnalyser":
        """Load both networks. Raises WeightsRefused."""
        found, told_apart = detector.read(), recogniser.read()
        try:
            networks = (
                cv2.FaceDetectorYN.create(
                    "onnx",
                    np.frombuffer(found, np.uint8),
                    _NO_CONFIG,
                    (320, 320),
                    FACE_SCORE_MIN,
                    NMS_IOU_MAX,
                    FACES_MAX,
                ),
                cv2.FaceRecognizerSF.create(
                    "onnx", np.frombuffer(told_apart, np.uint8), _NO_CONFIG
                ),
            )
        except cv2.error as unusable:
            raise WeightsRefused("OpenCV cannot load the pinned files") from unusable
        digests = "+".join(pinned.sha256[:DIGEST_SHOWN] for pinned in (detector, recogniser))
        return cls(
            *networks,
            model_id=f"yunet-sface@{digests}",
            same_person_cosine_min=same_person_cosine_min,
        )

    def analyse(self, rgb: NDArray[np.uint8]) -> PhotographReport:
        """Look at one picture, uint8 RGB (height, width, 3)."""
        bgr = cv2.cvtColor(_fitted(rgb), cv2.COLOR_RGB2BGR)
        # A thread that was given up may still be at work in the networks.
        with self._at_work:
            return self._analysed(bgr)

    def _analysed(self, bgr: Any) -> PhotographReport:
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
        return PhotographReport(
            tuple(faces),
            tuple(float(value) for value in unit),
            boxes=tuple(_box(row, width, height) for row in faces),
        )


_NO_CONFIG: Final = np.zeros(0, np.uint8)
"""ONNX files describe themselves."""


def _box(row: NDArray[np.float32], width: int, height: int) -> Box:
    x, y, wide, tall = (float(value) for value in row[:4])
    return (x / width, y / height, (x + wide) / width, (y + tall) / height)


def _fitted(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = DETECTION_SIDE_MAX_PX / max(height, width)
    if scale >= 1.0:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
