"""An operator's folder of gates, whose models know colours: a red square counts as a face.

What is bluish counts as young, what is greenish as explicit. Nothing here shows anybody.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gpu_consumers.screening.lists import FaceList, HashList, issue_list
from gpu_consumers.screening.photograph_gates import PhotographGates
from gpu_consumers.screening.picture_measures import Rgb
from tests.gpu_consumers.screening.tiny_networks import (
    colour_classifier,
    finder_of_red_squares,
    teller_of_colours,
)

NOW_S = 1_800_000_000.0
HOUR_S = 3_600.0
YOUNG = [[-40.0, 0.0, 40.0], [5.0, 5.0, 5.0]]
EXPLICIT = [[5.0, 5.0, 5.0], [-40.0, 60.0, -40.0]]
SIDE_PX = 320


def shapes(
    seed: int, *, faces: int = 1, tint: tuple[int, int, int] = (0, 0, 0), side_px: int = SIDE_PX
) -> Rgb:
    """Grey tiles, tinted, and red squares on them: one for each face."""
    dice = np.random.default_rng(seed)
    tiles = dice.integers(60, 200, (side_px // 16, side_px // 16, 1))
    picture = np.repeat(np.repeat(tiles, 16, axis=0), 16, axis=1).repeat(3, axis=2)
    tinted = np.clip(picture + np.asarray(tint), 0, 255).astype(np.uint8)
    for number in range(faces):
        # On the grid of the finder, and never near an edge.
        row, column = 3 + 3 * (number // 2), 3 + 3 * (number % 2)
        tinted[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32] = (255, 0, 0)
    return np.asarray(tinted, np.uint8)


BLUISH, GREENISH = (-60, -60, 60), (-60, 60, -60)


@dataclass
class GateFolder:
    """Complete until a test takes something away."""

    path: Path

    def __post_init__(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self.write("detector.onnx", finder_of_red_squares(SIDE_PX))
        self.write("recogniser.onnx", teller_of_colours())
        self.write("age.onnx", colour_classifier(YOUNG))
        self.write("content.onnx", colour_classifier(EXPLICIT))
        self.manifest = self.complete()
        self.save()
        self.issue_lists()

    def write(self, name: str, data: bytes) -> None:
        (self.path / name).write_bytes(data)

    def complete(self) -> dict[str, Any]:
        reading = {"side_px": 32, "classes": 2, "outputs": "logits", "scale": 1 / 255}
        age = {"id": "blues", "counted": [0], "veto_from": 0.3}
        content = {"id": "greens", "counted": [1]}
        detector, recogniser = self.pin("detector.onnx"), self.pin("recogniser.onnx")
        return {
            "faces": {"detector": detector, "recogniser": recogniser},
            "age": age | reading | self.pin("age.onnx"),
            "content": content | reading | self.pin("content.onnx"),
        }

    def pin(self, name: str) -> dict[str, Any]:
        digest = hashlib.sha256((self.path / name).read_bytes()).hexdigest()
        return {"file": name, "sha256": digest}

    def save(self) -> None:
        (self.path / "gates.json").write_text(json.dumps(self.manifest))

    def issue_lists(self, *, name: str = "ours", age_s: float = HOUR_S) -> None:
        faces = self.manifest["faces"]
        digests = [faces[part]["sha256"][:32] for part in ("detector", "recogniser")]
        analyser, issued = f"yunet-sface@{'+'.join(digests)}", NOW_S - age_s
        issue_list(self.path / "known-pictures.json", HashList(name, issued, ()))
        issue_list(self.path / "listed-people.json", FaceList(name, issued, analyser, ()))

    def gates(self) -> PhotographGates:
        return PhotographGates(self.path, now_s=lambda: NOW_S)
