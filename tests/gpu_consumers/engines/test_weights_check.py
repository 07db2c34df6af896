"""What an operator brings is looked at before it is offered, and its faults are said in words."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.engines.weights_check import WeightsUnfit, digest_of, weight_files
from gpu_consumers.worker.engine_survey import EngineSurvey

XL, SD = LOADERS["stable-diffusion-xl"], LOADERS["stable-diffusion-1.5"]
UNET = Path("unet", "diffusion_pytorch_model.safetensors")


@pytest.fixture
def brought(weights_dir: Path, tmp_path: Path) -> Path:
    """A weights directory with SDXL, which a test may spoil."""
    shutil.copytree(weights_dir / XL.folder, tmp_path / "brought" / XL.folder)
    return tmp_path / "brought"


@pytest.mark.parametrize("engine", sorted(LOADERS))
def test_a_whole_pipeline_directory_is_fit(engine: str, weights_dir: Path) -> None:
    loader = LOADERS[engine]
    folder = loader.weights_dir(weights_dir)
    files = {file.relative_to(folder) for file in weight_files(loader, weights_dir)}
    network = Path(loader.pipeline_class.component, UNET.name)
    assert {Path("model_index.json"), network, Path("scheduler/scheduler_config.json")} <= files


def _cut(folder: Path) -> None:
    file = folder / UNET
    file.write_bytes(file.read_bytes()[:-1])


def _overwrite(name: str, content: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return spoil


def _in_another_format(folder: Path) -> None:
    (folder / UNET).rename(folder / "unet" / "diffusion_pytorch_model.bin")


def _without_a_shard(folder: Path) -> None:
    (folder / UNET).unlink()
    index = {"weight_map": {"a": "diffusion_pytorch_model-00001-of-00002.safetensors"}}
    (folder / f"{UNET}.index.json").write_text(json.dumps(index))


def _with_a_lora_in_its_place(*names: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / UNET).unlink()
        tensors = {name: np.ones((2, 2), np.float32) for name in names}
        save_file(tensors, folder / "unet" / "ada.safetensors")

    return spoil


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (shutil.rmtree, "there is no such folder"),
        (lambda folder: (folder / "model_index.json").unlink(), "no diffusers pipeline directory"),
        (_overwrite("model_index.json", b"{"), r"model_index\.json cannot be read"),
        (
            _overwrite("model_index.json", b'{"_class_name": "StableDiffusionPipeline"}'),
            "it is a StableDiffusionPipeline, and this engine is a StableDiffusionXLPipeline",
        ),
        (lambda folder: shutil.rmtree(folder / "vae"), "it has no vae"),
        (lambda folder: (folder / "vae" / "config.json").unlink(), "vae/config.json is missing"),
        (_overwrite("unet/config.json", b"[]"), r"unet/config\.json cannot be read"),
        (_cut, r"unet/diffusion_pytorch_model\.safetensors has [\d,]+ of [\d,]+ bytes"),
        (_overwrite(str(UNET), b"version https://git-lfs"), "is no whole file of safetensors"),
        (_overwrite(str(UNET), b""), "is no whole file of safetensors"),
        (_in_another_format, r"diffusion_pytorch_model\.safetensors is missing"),
        (
            _with_a_lora_in_its_place("unet.mid.to_q.lora_A.weight"),
            r"unet/diffusion_pytorch_model\.safetensors is missing; ada\.safetensors is a LoRA",
        ),
        (
            _with_a_lora_in_its_place("lora_unet_mid_to_q.lora_down.weight", "a.alpha"),
            r"ada\.safetensors is a LoRA, no network",
        ),
        (_without_a_shard, r"00001-of-00002\.safetensors is missing"),
        (
            lambda folder: (folder / "tokenizer_2" / "tokenizer.json").unlink(),
            "tokenizer_2 holds no vocabulary",
        ),
    ],
)
def test_what_cannot_be_loaded_is_said_with_its_folder(
    brought: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(brought / XL.folder)
    with pytest.raises(WeightsUnfit, match=why) as unfit:
        weight_files(XL, brought)
    assert str(brought / XL.folder) in str(unfit.value)


def test_a_lora_beside_a_network_in_one_file_is_passed_over(
    weights_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(weights_dir / SD.folder, tmp_path / SD.folder)
    network = tmp_path / SD.folder / UNET
    network.rename(network.with_name("published.safetensors"))
    lora = network.with_name("ada.safetensors")
    save_file({"lora_unet_mid_to_q.lora_down.weight": np.ones((2, 2), np.float32)}, lora)
    names = {file.name for file in weight_files(SD, tmp_path)}
    assert "published.safetensors" in names
    assert lora.name not in names


def test_a_digest_is_of_what_is_loaded(brought: Path) -> None:
    folder = brought / XL.folder
    before = digest_of(folder, weight_files(XL, brought))
    (folder / "README.md").write_text("not loaded")
    assert digest_of(folder, weight_files(XL, brought)) == before
    unet = bytearray((folder / UNET).read_bytes())
    unet[-1] ^= 1
    (folder / UNET).write_bytes(unet)
    assert digest_of(folder, weight_files(XL, brought)) != before


def test_only_what_can_be_loaded_is_offered_and_the_rest_is_said_once(
    brought: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    survey = EngineSurvey(LOADERS.values(), brought, tmp_path / "digests.json")
    with caplog.at_level(logging.WARNING):
        survey.look()
        survey.look()
    assert {offer.engine for offer in survey.offers} == {"pocket", XL.id}
    assert sorted(caplog.messages) == sorted(
        f"not offered: engine {id} cannot be loaded from {brought / loader.folder}: "
        "there is no such folder"
        for id, loader in LOADERS.items()
        if id not in ("pocket", XL.id)
    )


def test_what_is_brought_or_breaks_later_is_found_by_the_next_look(
    brought: Path, weights_dir: Path, tmp_path: Path
) -> None:
    survey = EngineSurvey([SD, XL], brought, tmp_path / "digests.json")
    survey.look()
    shutil.copytree(weights_dir / SD.folder, brought / SD.folder)
    _cut(brought / XL.folder)
    survey.look()
    assert [offer.engine for offer in survey.offers] == [SD.id]


def test_a_digest_outlives_the_process(brought: Path, tmp_path: Path) -> None:
    memory = tmp_path / "kept" / "digests.json"
    first = EngineSurvey([XL], brought, memory)
    first.look()
    kept = memory.read_bytes()
    assert first.offers[0].digest.encode() in kept
    # What is remembered is believed while the files are the same: nothing is read twice.
    memory.write_bytes(kept.replace(first.offers[0].digest.encode(), b"ef" * 32))
    second = EngineSurvey([XL], brought, memory)
    second.look()
    assert second.offers[0].digest == "ef" * 32
    memory.write_bytes(b"{")
    third = EngineSurvey([XL], brought, memory)
    third.look()
    assert third.offers == first.offers
