"""Who is in a picture: faces, the largest one's identity, and whether it is a cartoon of ours.

Trained on the procedural world alone: it knows nothing of photographs except that they are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gpu_consumers.engines.pocket.face_crop import Box, crop_face
from gpu_consumers.engines.pocket.glances import agreed, glances
from gpu_consumers.engines.waiting_threads import let_waiting_threads_sleep

if TYPE_CHECKING:
    from gpu_consumers.engines.pocket.analyser_network import FaceEmbedder, FaceFinder

FACES_MAX: Final = 8
PICTURE_SIDE_MIN_PX: Final = 16


class AnalyserWeightsMissing(Exception):
    """The weights directory holds no face analyser, or one that does not fit its networks."""


class PictureUnreadable(ValueError):
    """Not an RGB uint8 picture of at least PICTURE_SIDE_MIN_PX a side."""


@dataclass(frozen=True)
class Face:
    """A face, from forehead to chin. box: x0, y0, x1, y1, each 0..1 of the picture."""

    box: Box


@dataclass(frozen=True)
class FaceReport:
    """What was found. `faces`: largest first. `identity`: the largest face's unit vector, empty
    when there is no face. `out_of_world`: 0 (a cartoon of this world) to 1 (anything else)."""

    faces: tuple[Face, ...]
    identity: tuple[float, ...]
    out_of_world: float


class PocketFaceAnalyser:
    """Two small networks on one CPU core. Thresholds were measured on held-out renders."""

    MODEL_ID: Final = "pocket-analyser-1"
    # One picture in a hundred of somebody else is this near to a person's medoid photo (42,480
    # pairs of 60 people); of the person's own, none of 720 plain ones is further, and under 2 %
    # in any style. Of look-alikes, whom every word describes alike, 30 % are as near.
    SAME_PERSON_COSINE_MIN: Final = 0.69
    # Of 960 renders the strangest reached 0.21. Photographs exceed it in 85 of 87 crops, and the
    # other two hold no face.
    OUT_OF_WORLD_MAX: Final = 0.5
    FACE_LOGIT_MIN: Final = 0.0

    def __init__(self, finder: FaceFinder, embedder: FaceEmbedder) -> None:
        self._finder = finder
        self._embedder = embedder

    @classmethod
    def load(cls, weights_dir: Path) -> PocketFaceAnalyser:
        """Load `weights_dir/analyser/*.safetensors`. Raises AnalyserWeightsMissing."""
        let_waiting_threads_sleep()
        # Imported here: the processes that only name this class must not pay for torch.
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        from gpu_consumers.engines.pocket.analyser_network import FaceEmbedder, FaceFinder

        finder, embedder = FaceFinder(), FaceEmbedder()
        for network, name in ((finder, "face_finder"), (embedder, "face_embedder")):
            path = weights_dir / "analyser" / f"{name}.safetensors"
            try:
                network.load_state_dict(load_file(path))
            except (OSError, RuntimeError, SafetensorError) as error:
                raise AnalyserWeightsMissing(f"{path}: {error}") from error
            network.eval().requires_grad_(requires_grad=False)
        return cls(finder, embedder)

    def analyse(self, rgb: NDArray[np.uint8]) -> FaceReport:
        """Look at one picture, uint8 RGB (height, width, 3) of any size.

        Raises PictureUnreadable. The same picture gives the same report.
        """
        if (
            rgb.ndim != 3
            or rgb.shape[2] != 3
            or rgb.dtype != np.uint8
            or min(rgb.shape[:2]) < PICTURE_SIDE_MIN_PX
        ):
            raise PictureUnreadable(f"shape {rgb.shape}, {rgb.dtype}")
        faces, out_of_world = self._find(rgb)
        identity = self._identify(rgb, faces[0]) if faces else ()
        return FaceReport(faces=faces, identity=identity, out_of_world=out_of_world)

    def _find(self, rgb: NDArray[np.uint8]) -> tuple[tuple[Face, ...], float]:
        import torch

        from gpu_consumers.engines.pocket.analyser_network import FINDER_SIDE

        looks = glances(rgb, FINDER_SIDE)
        with torch.inference_mode():
            found, strange = self._finder(torch.cat([_signal(look.square) for look in looks]))
            peaks = torch.nn.functional.max_pool2d(found[:, :1], 3, 1, 1) == found[:, :1]
        seen: list[list[Box]] = []
        for look, grid, is_peak in zip(looks, found.numpy(), peaks[:, 0].numpy(), strict=True):
            cells = grid.shape[1]
            boxes = []
            for row, column in zip(*np.nonzero(is_peak), strict=True):
                logit, x, y, wide, tall = (float(value) for value in grid[:, row, column])
                if logit > self.FACE_LOGIT_MIN:
                    middle = ((column + x) / cells, (row + y) / cells)
                    boxes.append(look.in_picture(middle, (wide, tall)))
            seen.append(boxes)
        faces = tuple(Face(box) for box in agreed(seen)[:FACES_MAX])
        # The plain look alone: the threshold was measured on it.
        return faces, float(torch.sigmoid(strange[0]))

    def _identify(self, rgb: NDArray[np.uint8], face: Face) -> tuple[float, ...]:
        import torch

        from gpu_consumers.engines.pocket.analyser_network import EMBEDDER_SIDE

        with torch.inference_mode():
            vector = self._embedder(_signal(crop_face(rgb, face.box, EMBEDDER_SIDE)))
        return tuple(float(value) for value in vector[0])


def _signal(picture: NDArray[np.uint8]) -> Any:
    """(h, w, 3) uint8 to a torch tensor (1, 3, h, w) in -1..1."""
    import torch

    planes = np.ascontiguousarray(picture.transpose(2, 0, 1)[None])
    return torch.from_numpy(planes).float() / 127.5 - 1
