"""Both vetoes by ONNX files that an operator pinned."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gpu_consumers.screening.gate_models import AgeModel, Classifier, ContentModel
from gpu_consumers.screening.onnx_classifier import CountedClasses, OnnxClassifier, PictureInput
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.pinned_weights import PinnedWeights

ADULT_MAX: Final = 1.0
"""Where everything may be shown, nothing is too much; that a rating is allowed, policy says."""


class OnnxAgeClassifier:
    """An `AgeClassifier`: the likelihood of the classes of minors together."""

    def __init__(self, classifier: OnnxClassifier, veto_from: float) -> None:
        self.MODEL_ID = classifier.name
        self.VETO_FROM = veto_from
        self._classifier = classifier

    def minor_likelihood(self, rgb: Rgb) -> float:
        """See the port."""
        return self._classifier.likelihood(rgb)


class OnnxContentRater:
    """A `ContentRater`: the likelihood of the explicit classes together."""

    def __init__(self, classifier: OnnxClassifier, limits: Mapping[str, float]) -> None:
        self.MODEL_ID = classifier.name
        self.LIMITS = limits
        self._classifier = classifier

    def explicitness(self, rgb: Rgb) -> float:
        """See the port."""
        return self._classifier.likelihood(rgb)


def load_age_classifier(model: AgeModel, pinned: PinnedWeights) -> OnnxAgeClassifier:
    """Raises WeightsRefused."""
    return OnnxAgeClassifier(_loaded(model, pinned), model.veto_from)


def load_content_rater(model: ContentModel, pinned: PinnedWeights) -> OnnxContentRater:
    """Raises WeightsRefused."""
    limits = {
        "general": model.general_max,
        "suggestive": max(model.general_max, model.suggestive_max),
        "adult": ADULT_MAX,
    }
    return OnnxContentRater(_loaded(model, pinned), MappingProxyType(limits))


def _loaded(model: Classifier, pinned: PinnedWeights) -> OnnxClassifier:
    return OnnxClassifier.load(
        model.id,
        pinned,
        PictureInput(
            side_px=model.side_px,
            resized_px=model.resized_px or model.side_px,
            layout=model.layout,
            colours=model.colours,
            mean=model.mean,
            scale=model.scale,
            through_jpeg=model.through_jpeg,
        ),
        CountedClasses(model.classes, model.counted, model.outputs),
    )
