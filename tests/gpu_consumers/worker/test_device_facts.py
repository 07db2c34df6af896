"""What a worker says of its device: asked of the driver's own tool, without torch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gpu_consumers.worker.device_facts import DeviceFacts, device_facts

TOOL = """#!/bin/sh
case "$*" in
  *"-i 0") echo "NVIDIA H100 80GB HBM3, 81559" ;;
  *"-i 3") echo "NVIDIA L4, 23034" ;;
  *) echo "No devices were found" >&2; exit 6 ;;
esac
"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A driver's tool that knows two cards, on an otherwise empty path."""
    place = tmp_path / "nvidia-smi"
    place.write_text(TOOL)
    place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return place


@pytest.mark.usefixtures("tool")
def test_a_card_has_its_name_and_its_memory() -> None:
    assert device_facts("cuda") == DeviceFacts("NVIDIA H100 80GB HBM3", 81_559 * 2**20)
    assert device_facts("cuda:3") == DeviceFacts("NVIDIA L4", 23_034 * 2**20)
    assert device_facts("auto").words == "NVIDIA H100 80GB HBM3"


@pytest.mark.usefixtures("tool")
def test_cards_are_counted_as_the_process_sees_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert device_facts("cuda").words == "NVIDIA L4"


@pytest.mark.usefixtures("tool")
def test_a_card_that_nobody_knows_is_named_as_it_was_asked_for() -> None:
    assert device_facts("cuda:7") == DeviceFacts("cuda:7", None)


def test_without_a_driver_it_is_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    facts = device_facts("auto")
    assert facts == device_facts("cpu")
    assert facts.words.startswith("CPU")
    assert facts.words.endswith(f"{os.cpu_count()} cores")
    assert facts.memory_bytes is not None
    assert facts.memory_bytes > 2**28
