"""The folder of gates: complete it opens, and whatever is missing or changed closes it at once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening import open_nsfw, photograph_gates
from gpu_consumers.screening.gate_models import ManifestRefused, read_manifest
from gpu_consumers.screening.output_checks import CARTOON_WORLD_ENGINES
from gpu_consumers.screening.pinned_weights import PinnedWeights, WeightsRefused
from processes.wiring.screener import Attendant
from tests.gpu_consumers.screening.gate_folder import NOW_S, GateFolder, shapes
from tests.gpu_consumers.screening.tiny_networks import colour_classifier

DAY_S = 86_400.0


@pytest.fixture
def folder(tmp_path: Path) -> GateFolder:
    return GateFolder(tmp_path / "gates")


def closed(folder: GateFolder) -> list[str]:
    return [fault.gate for fault in folder.gates().faults()]


def test_a_complete_folder_opens_every_gate(folder: GateFolder) -> None:
    gates = folder.gates()
    assert gates.faults() == ()
    report = gates.at_hand().analyser.analyse(shapes(1, faces=2))
    assert len(report.faces) == 2


def test_every_model_is_named_with_the_digest_of_its_file(folder: GateFolder) -> None:
    loaded = folder.gates().at_hand()
    digests = {name: folder.pin(f"{name}.onnx")["sha256"] for name in _FILES}
    assert loaded.analyser.name == (
        f"yunet-sface@{digests['detector'][:32]}+{digests['recogniser'][:32]}"
    )
    assert loaded.vetoes.age_model == f"blues@{digests['age']}"
    assert loaded.vetoes.content_model == f"greens@{digests['content']}"


_FILES = {
    "detector": "face detector",
    "recogniser": "face recogniser",
    "age": "age classifier",
    "content": "content rater",
}


@pytest.mark.parametrize("name", _FILES)
def test_a_file_that_is_missing_closes_its_gate(folder: GateFolder, name: str) -> None:
    expected = folder.pin(f"{name}.onnx")["sha256"]
    (folder.path / f"{name}.onnx").unlink()
    [fault] = [one for one in folder.gates().faults() if one.gate not in _LISTS]
    assert (fault.gate, fault.sha256) == (_FILES[name], expected)
    assert fault.path == folder.path / f"{name}.onnx"
    assert "cannot be read" in fault.trouble


_LISTS = ("known pictures", "listed people")


@pytest.mark.parametrize("name", _FILES)
def test_a_file_that_is_not_the_pinned_one_closes_its_gate(folder: GateFolder, name: str) -> None:
    folder.write(f"{name}.onnx", colour_classifier([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]))
    assert _FILES[name] in closed(folder)


@pytest.mark.parametrize("name", _FILES)
def test_a_folder_in_place_of_a_file_closes_its_gate(folder: GateFolder, name: str) -> None:
    (folder.path / f"{name}.onnx").unlink()
    (folder.path / f"{name}.onnx").mkdir()
    assert _FILES[name] in closed(folder)


@pytest.mark.parametrize(("part", "gate"), [("faces", 2), ("age", 1), ("content", 1)])
def test_what_the_manifest_does_not_name_is_closed(
    folder: GateFolder, part: str, gate: int
) -> None:
    del folder.manifest[part]
    folder.save()
    models = [one for one in folder.gates().faults() if one.gate not in _LISTS]
    assert len(models) == gate
    assert all("names none" in one.trouble for one in models)


def no_manifest(folder: GateFolder) -> None:
    (folder.path / "gates.json").unlink()


def broken_manifest(folder: GateFolder) -> None:
    (folder.path / "gates.json").write_text("{")


def no_folder(folder: GateFolder) -> None:
    for file in folder.path.iterdir():
        file.unlink()
    folder.path.rmdir()


@pytest.mark.parametrize("take_away", [no_manifest, broken_manifest, no_folder])
def test_without_a_manifest_nothing_is_loaded(
    folder: GateFolder, take_away: Callable[[GateFolder], None]
) -> None:
    take_away(folder)
    loaded = folder.gates().at_hand()
    assert [fault.gate for fault in loaded.faults] == ["gates.json"]
    assert (loaded.analyser.name, loaded.vetoes.age_model) == ("absent", "absent")


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("age", {"veto_from": 0.9}),
        ("age", {"veto_from": 0.0}),
        ("age", {"counted": []}),
        ("age", {"counted": [0, 1]}),
        ("age", {"counted": [2]}),
        ("age", {"veto": False}),
        ("content", {"general_max": 1.0}),
        ("content", {"suggestive_max": 1.0}),
        ("content", {"resized_px": 16}),
        ("content", {"file": "../content.onnx"}),
        ("faces", {"same_person_cosine_min": 0.1}),
    ],
)
def test_no_number_in_the_manifest_turns_a_gate_off(
    folder: GateFolder, part: str, changes: dict[str, Any]
) -> None:
    folder.manifest[part] |= changes
    folder.save()
    with pytest.raises(ManifestRefused):
        read_manifest(folder.path)
    assert closed(folder)[0] == "gates.json"


def test_a_change_closes_gates_that_are_open_and_its_undoing_opens_them(
    folder: GateFolder,
) -> None:
    gates = folder.gates()
    assert gates.faults() == ()
    kept = (folder.path / "age.onnx").read_bytes()
    folder.write("age.onnx", kept + b"\0")
    assert [fault.gate for fault in gates.faults()] == ["age classifier"]
    assert gates.at_hand().vetoes.age_model == "absent"
    folder.write("age.onnx", kept)
    assert gates.faults() == ()


def test_what_was_loaded_is_not_loaded_again(folder: GateFolder) -> None:
    gates = folder.gates()
    assert gates.at_hand() is gates.at_hand()


def test_lists_of_yesterday_close_the_gates(folder: GateFolder) -> None:
    folder.issue_lists(age_s=DAY_S + 1)
    assert closed(folder) == ["known pictures", "listed people"]


def test_the_lists_of_the_sandbox_open_nothing(folder: GateFolder) -> None:
    folder.issue_lists(name="sandbox")
    assert closed(folder) == ["known pictures", "listed people"]


def test_a_list_of_faces_of_another_model_opens_nothing(folder: GateFolder) -> None:
    folder.manifest["faces"]["detector"], folder.manifest["faces"]["recogniser"] = (
        folder.manifest["faces"]["recogniser"],
        folder.manifest["faces"]["detector"],
    )
    folder.save()
    assert "listed people" in closed(folder)


def test_a_rater_that_a_package_brought_takes_the_place_of_one_that_is_not_named(
    folder: GateFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    os.rename(folder.path / "content.onnx", package / "open_nsfw.onnx")
    del folder.manifest["content"]
    folder.save()
    monkeypatch.setattr(open_nsfw, "packaged_folder", lambda: package)
    [fault] = folder.gates().faults()
    # Whatever lies there: only the file of the release that was looked at counts.
    assert (fault.gate, fault.sha256) == ("content rater", open_nsfw.MODEL.sha256)
    assert fault.trouble == "open_nsfw.onnx is not the pinned file"


def test_a_file_that_is_larger_than_any_weights_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpu_consumers.screening.pinned_weights.WEIGHTS_BYTES_MAX", 3)
    (tmp_path / "large.onnx").write_bytes(b"four")
    with pytest.raises(WeightsRefused, match="larger"):
        PinnedWeights(tmp_path / "large.onnx", "0" * 64).read()


def test_a_screener_says_of_each_engine_whether_it_can_judge_it(folder: GateFolder) -> None:
    photographs = frozenset(LOADERS) - CARTOON_WORLD_ENGINES
    gates = folder.gates()
    present = Attendant("one", gates, judges_cartoons=True)
    assert set(present.words().engines) == CARTOON_WORLD_ENGINES | photographs
    (folder.path / "age.onnx").unlink()
    assert set(present.words().engines) == CARTOON_WORLD_ENGINES
    assert Attendant("two", gates, judges_cartoons=False).words().engines == ()


def test_the_clock_of_lists_is_the_one_that_was_handed_in(folder: GateFolder) -> None:
    later = photograph_gates.PhotographGates(folder.path, now_s=lambda: NOW_S + DAY_S)
    assert [fault.gate for fault in later.faults()] == list(_LISTS)
