"""Loads the models that an operator's folder has for the gates of photographs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from gpu_consumers.screening import open_nsfw
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.gate_fault import GateFault
from gpu_consumers.screening.gate_models import (
    MANIFEST,
    FaceModels,
    GateModels,
    ManifestRefused,
    PinnedFile,
    read_manifest,
)
from gpu_consumers.screening.onnx_vetoes import load_age_classifier, load_content_rater
from gpu_consumers.screening.pinned_weights import PinnedWeights, WeightsRefused
from gpu_consumers.screening.vetoes import AgeClassifier, ContentRater, TimedVetoes
from gpu_consumers.screening.yunet_sface import YunetSfaceAnalyser

_Model = TypeVar("_Model")


@dataclass(frozen=True)
class LoadedGates:
    """What was found in the folder. With any fault, every gate denies what it has no model for."""

    analyser: TimedAnalyser
    vetoes: TimedVetoes
    faults: tuple[GateFault, ...]


@dataclass
class _Found:
    """Models as they are loaded one after the other, and what went wrong with the others."""

    folder: Path
    faults: list[GateFault] = field(default_factory=list)
    analyser: YunetSfaceAnalyser | None = None
    age: AgeClassifier | None = None
    content: ContentRater | None = None

    def faces(self, models: FaceModels | None) -> None:
        if models is None:
            self._not_named("face detector")
            self._not_named("face recogniser")
            return
        files = {"face detector": models.detector, "face recogniser": models.recogniser}
        before = len(self.faults)
        for gate, pin in files.items():
            self._tried(gate, self._pinned(pin), lambda pinned: pinned.read())
        if len(self.faults) > before:
            return
        self.analyser = self._tried(
            "face recogniser",
            self._pinned(models.recogniser),
            lambda recogniser: YunetSfaceAnalyser.load(
                self._pinned(models.detector),
                recogniser,
                same_person_cosine_min=models.same_person_cosine_min,
            ),
        )

    def classifiers(self, models: GateModels) -> None:
        if models.age is None:
            self._not_named("age classifier")
        else:
            age = models.age
            self.age = self._tried(
                "age classifier",
                PinnedWeights(self.folder / age.file, age.sha256),
                lambda pinned: load_age_classifier(age, pinned),
            )
        content, folder = models.content, self.folder
        if content is None:
            packaged = open_nsfw.packaged_folder()
            if packaged is None:
                self._not_named("content rater", ", and the extra `rater` is not installed")
                return
            content, folder = open_nsfw.MODEL, packaged
        rater = content
        self.content = self._tried(
            "content rater",
            PinnedWeights(folder / rater.file, rater.sha256),
            lambda pinned: load_content_rater(rater, pinned),
        )

    def _tried(
        self, gate: str, pinned: PinnedWeights, load: Callable[[PinnedWeights], _Model]
    ) -> _Model | None:
        try:
            return load(pinned)
        except WeightsRefused as refused:
            self.faults.append(GateFault(gate, pinned.path, str(refused), pinned.sha256))
            return None

    def _not_named(self, gate: str, besides: str = "") -> None:
        trouble = f"{MANIFEST} names none{besides}"
        self.faults.append(GateFault(gate, self.folder / MANIFEST, trouble))

    def _pinned(self, pin: PinnedFile) -> PinnedWeights:
        return PinnedWeights(self.folder / pin.file, pin.sha256)


def load_gates(folder: Path) -> LoadedGates:
    """Load all that the folder has. Never raises: what cannot be loaded is a fault."""
    found = _Found(folder)
    try:
        models = read_manifest(folder)
    except ManifestRefused as refused:
        fault = GateFault(MANIFEST, folder / MANIFEST, str(refused))
        return LoadedGates(TimedAnalyser(None), TimedVetoes(), (fault,))
    found.faces(models.faces)
    found.classifiers(models)
    return LoadedGates(
        TimedAnalyser(found.analyser),
        TimedVetoes(found.age, found.content),
        tuple(found.faults),
    )
