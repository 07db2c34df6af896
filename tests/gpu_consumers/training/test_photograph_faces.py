"""Faces of photographs for a training: by the operator's models, and by none but those."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gpu_consumers.training.photograph_faces import photograph_faces
from tests.gpu_consumers.screening.gate_folder import SIDE_PX, GateFolder, shapes


@pytest.fixture
def folder(tmp_path: Path) -> GateFolder:
    return GateFolder(tmp_path / "gates")


def test_one_face_has_an_identity_and_a_place(folder: GateFolder) -> None:
    faces = photograph_faces(folder.path)
    assert faces is not None
    picture = shapes(1)
    identity = faces.identity(picture)
    assert identity is not None
    assert np.linalg.norm(identity) == pytest.approx(1.0, abs=1e-5)
    (box,) = faces.faces(picture)
    middle = ((box[0] + box[2]) / 2 * SIDE_PX, (box[1] + box[3]) / 2 * SIDE_PX)
    red = np.argwhere((picture == (255, 0, 0)).all(2)).mean(0)
    assert np.abs(np.subtract(middle, red[::-1])).max() < 32


@pytest.mark.parametrize("count", [0, 2])
def test_nobody_and_several_have_no_identity(folder: GateFolder, count: int) -> None:
    faces = photograph_faces(folder.path)
    assert faces is not None
    picture = shapes(1, faces=count)
    assert faces.identity(picture) is None
    assert len(faces.faces(picture)) == count


def test_without_a_folder_nobody_sees_faces(tmp_path: Path) -> None:
    assert photograph_faces(None) is None
    assert photograph_faces(tmp_path) is None


def test_another_file_than_the_pinned_one_sees_no_faces(folder: GateFolder) -> None:
    folder.write("recogniser.onnx", b"another network")
    assert photograph_faces(folder.path) is None
