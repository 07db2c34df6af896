"""A classifier in an ONNX file, run by OpenCV: how likely it is that a picture is of some classes.

What is not a probability for each of its classes is no answer: a network of another shape, a NaN
and numbers that do not sum to one raise, and whoever asked denies.
"""

import io
import threading
from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.pinned_weights import PinnedWeights, WeightsRefused

SUM_TOLERANCE: Final = 1e-3


class NoProbabilities(Exception):
    """The network answered something else than a probability for each class."""


@dataclass(frozen=True)
class PictureInput:
    """How a picture becomes the network's input: resized, cut to its middle, scaled, ordered.

    `(value - mean) * scale` for each channel, in the order of `colours`. `resized_px` is the side
    of the square that the picture is resized to, `side_px` that of the square which is cut out.
    """

    side_px: int
    resized_px: int
    layout: Literal["NCHW", "NHWC"]
    colours: Literal["RGB", "BGR"]
    mean: tuple[float, float, float]
    scale: float
    through_jpeg: bool = False

    def of(self, rgb: Rgb) -> NDArray[np.float32]:
        """The input for one picture, a batch of one."""
        square = (self.resized_px, self.resized_px)
        resized = Image.fromarray(np.ascontiguousarray(rgb)).resize(
            square, resample=Image.Resampling.BILINEAR
        )
        if self.through_jpeg:
            resized = _through_jpeg(resized)
        edge = (self.resized_px - self.side_px) // 2
        whole = np.asarray(resized, np.float32)
        cut = whole[edge : edge + self.side_px, edge : edge + self.side_px]
        ordered = cut if self.colours == "RGB" else cut[:, :, ::-1]
        scaled = (ordered - np.asarray(self.mean, np.float32)) * np.float32(self.scale)
        batch = scaled[None] if self.layout == "NHWC" else scaled.transpose(2, 0, 1)[None]
        return np.ascontiguousarray(batch, np.float32)


@dataclass(frozen=True)
class CountedClasses:
    """Which of the network's `classes` outputs are counted together, and what its outputs are."""

    classes: int
    counted: tuple[int, ...]
    outputs: Literal["probabilities", "logits"]

    def likelihood(self, answer: NDArray[np.float64]) -> float:
        """The sum over the counted classes, 0..1. Raises NoProbabilities."""
        if answer.shape != (self.classes,) or not np.isfinite(answer).all():
            raise NoProbabilities()
        if self.outputs == "logits":
            raised = np.exp(answer - answer.max())
            answer = raised / raised.sum()
        is_one = abs(float(answer.sum()) - 1.0) <= SUM_TOLERANCE
        if not is_one or bool((answer < -SUM_TOLERANCE).any()):
            raise NoProbabilities()
        return min(1.0, max(0.0, float(sum(answer[number] for number in self.counted))))


class OnnxClassifier:
    """One network on the CPU. `name` is its id with the file's digest.

    One question at a time: a thread that was given up may still be at work in the network, and
    what two do at once in it answers neither.
    """

    def __init__(
        self, name: str, network: Any, picture: PictureInput, classes: CountedClasses
    ) -> None:
        self.name = name
        self._network = network
        self._picture = picture
        self._classes = classes
        self._at_work = threading.Lock()

    @classmethod
    def load(
        cls, id: str, weights: PinnedWeights, picture: PictureInput, classes: CountedClasses
    ) -> "OnnxClassifier":
        """Load a pinned network, and see that it answers as it should. Raises WeightsRefused."""
        data = np.frombuffer(weights.read(), np.uint8)
        try:
            loaded = cls(f"{id}@{weights.sha256}", cv2.dnn.readNetFromONNX(data), picture, classes)
            side = picture.side_px
            loaded.likelihood(np.full((side, side, 3), 128, np.uint8))
        except (cv2.error, NoProbabilities) as unusable:
            said = f"{weights.path.name} is no classifier of {classes.classes} classes"
            raise WeightsRefused(said) from unusable
        return loaded

    def likelihood(self, rgb: Rgb) -> float:
        """How likely it is one of the counted classes, 0..1. Raises NoProbabilities, cv2.error."""
        given = self._picture.of(rgb)
        with self._at_work:
            self._network.setInput(given)
            answer = np.asarray(self._network.forward(), np.float64).ravel()
        return self._classes.likelihood(answer)


def _through_jpeg(picture: Image.Image) -> Image.Image:
    """For networks that were taught from JPEG files, and see the difference."""
    file = io.BytesIO()
    picture.save(file, format="JPEG")
    file.seek(0)
    with Image.open(file) as read:
        return read.convert("RGB")
