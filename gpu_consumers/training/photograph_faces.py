"""Faces of photographs as a training sees them: who, for the choice of a checkpoint, and where.

The models are those of the gates: an operator's YuNet and SFace, by the digests of `gates.json`. A
worker without them trains all the same, and keeps the last checkpoint.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_consumers.screening.gate_models import ManifestRefused, read_manifest
from gpu_consumers.screening.pinned_weights import PinnedWeights, WeightsRefused
from gpu_consumers.screening.yunet_sface import PhotographReport, YunetSfaceAnalyser
from gpu_consumers.training.photo_framing import Box

_log = logging.getLogger(__name__)


class PhotographFaces:
    """A `FaceReader`. In a picture that the models cannot look at there is nobody."""

    def __init__(self, analyser: YunetSfaceAnalyser) -> None:
        self._analyser = analyser

    def identity(self, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """See `IdentityReader.identity`."""
        report = self._seen(picture)
        if report is None or len(report.faces) != 1:
            return None
        return np.asarray(report.identity, np.float32)

    def faces(self, picture: NDArray[np.uint8]) -> Sequence[Box]:
        """See `FaceFinder.faces`."""
        report = self._seen(picture)
        return () if report is None else report.boxes

    def _seen(self, picture: NDArray[np.uint8]) -> PhotographReport | None:
        try:
            return self._analyser.analyse(picture)
        except cv2.error:
            # What was drawn may be anything. A training does not end because of it.
            return None


def photograph_faces(gates_dir: Path | None) -> PhotographFaces | None:
    """What the folder pins; None where there is nothing of that, or something else."""
    if gates_dir is None:
        return None
    try:
        models = read_manifest(gates_dir).faces
        if models is None:
            return None
        pinned = [
            PinnedWeights(gates_dir / one.file, one.sha256)
            for one in (models.detector, models.recogniser)
        ]
        return PhotographFaces(YunetSfaceAnalyser.load(*pinned))
    except ManifestRefused:
        return None
    except WeightsRefused as refused:
        _log.warning("twins are not compared with their photos: %s", refused)
        return None
