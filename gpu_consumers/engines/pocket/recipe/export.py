"""How trained parts become the weights directory: a diffusers pipeline in half precision."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file

from gpu_consumers.engines.pocket.motion_settings import ADAPTER_FOLDER
from gpu_consumers.engines.pocket.recipe.analyser_training import load_embedder, load_finder
from gpu_consumers.engines.pocket.recipe.autoencoder import load_autoencoder
from gpu_consumers.engines.pocket.recipe.denoiser import load_denoiser
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.large_decoder import load_large
from gpu_consumers.engines.pocket.recipe.motion_training import load_motion_adapter
from gpu_consumers.engines.pocket.recipe.noise_schedule import make_scheduler
from gpu_consumers.engines.pocket.recipe.restyler import load_restyler
from gpu_consumers.engines.pocket.recipe.text_encoder import load_text_encoder
from gpu_consumers.engines.pocket.recipe.tokenizer import make_tokenizer
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.restyler import RESTYLER_FILE

WEIGHTS_DIR: Final = Path(__file__).parent.parent / "weights"
WEIGHTS_BYTES_MAX: Final = 40 * 1024 * 1024
# Files in the weights directory that no stage makes; an export carries them over.
_WRITTEN_BY_HAND: Final = ("LICENSE", "MODEL_CARD.md", "contact_sheet.webp", "frame_strip.webp")


def make_pipeline(work_dir: WorkDir, device: str = "cpu") -> Any:
    """The trained parts as one pipeline, float32; it draws small until `large_decoder` is there."""
    encoder = load_text_encoder(work_dir, device)
    encoder.set_attn_implementation("sdpa")
    return StableDiffusionPipeline(
        vae=load_large(work_dir, device) or load_autoencoder(work_dir, device),
        text_encoder=encoder,
        tokenizer=make_tokenizer(),
        unet=load_denoiser(work_dir, device),
        scheduler=make_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def export(work_dir: WorkDir, target: Path = WEIGHTS_DIR) -> dict[str, Any]:
    """Write the pipeline and the analyser beside `target`, then put them in its place.

    Every file is complete before the exchange. Gate: the directory's size.
    """
    staging = target.with_name(target.name + ".staging")
    shutil.rmtree(staging, ignore_errors=True)
    pipeline = make_pipeline(work_dir)
    pipeline.to(torch.float16).save_pretrained(staging, safe_serialization=True)
    _name_tokenizer_for_every_version(staging)
    _export_analyser(work_dir, target, staging)
    _export_motion(work_dir, target, staging)
    _export_network(load_restyler(work_dir), staging / RESTYLER_FILE)
    for name in _WRITTEN_BY_HAND:
        if (target / name).exists():
            shutil.copy2(target / name, staging / name)
    _forget_what_loading_finds_out(staging)
    size = sum(file.stat().st_size for file in staging.rglob("*") if file.is_file())
    pass_gate("bytes to spare below the limit", WEIGHTS_BYTES_MAX - size, 0)
    _put_in_place(staging, target)
    return {"size_bytes": size}


def export_autoencoder(vae: Any, target: Path = WEIGHTS_DIR) -> None:
    """Put this autoencoder in the place of that of `target`, whose other parts stay."""
    folder = target / "vae"
    staging = folder.with_name("vae.staging")
    shutil.rmtree(staging, ignore_errors=True)
    vae.half().save_pretrained(staging, safe_serialization=True)
    _forget_what_loading_finds_out(staging)
    _put_in_place(staging, folder)


def _put_in_place(staging: Path, target: Path) -> None:
    """Every file of `staging` is complete before the exchange."""
    retired = target.with_name(target.name + ".retired")
    shutil.rmtree(retired, ignore_errors=True)
    if target.exists():
        target.rename(retired)
    staging.rename(target)
    shutil.rmtree(retired, ignore_errors=True)


def _export_analyser(work_dir: WorkDir, target: Path, staging: Path) -> None:
    if not work_dir.path("embedder.pt").exists():
        if (target / "analyser").exists():
            shutil.copytree(target / "analyser", staging / "analyser")
        return
    for name, network in (
        ("face_finder", load_finder(work_dir)),
        ("face_embedder", load_embedder(work_dir)),
    ):
        _export_network(network, staging / "analyser" / f"{name}.safetensors")


def _export_motion(work_dir: WorkDir, target: Path, staging: Path) -> None:
    """The motion adapter, or the one that is there already while none has been trained here."""
    adapter = load_motion_adapter(work_dir)
    if adapter is not None:
        adapter.half().save_pretrained(staging / ADAPTER_FOLDER, safe_serialization=True)
    elif (target / ADAPTER_FOLDER).exists():
        shutil.copytree(target / ADAPTER_FOLDER, staging / ADAPTER_FOLDER)


def _forget_what_loading_finds_out(staging: Path) -> None:
    """Take out of every configuration the folder that its part was loaded from, and what the
    class of the autoencoder writes down but would warn of."""
    for file in staging.rglob("config.json"):
        settings = json.loads(file.read_text())
        needless = ["_name_or_path"]
        if settings.get("_class_name") == "AsymmetricAutoencoderKL":
            needless += ["block_out_channels", "force_upcast"]
        kept = {name: value for name, value in settings.items() if name not in needless}
        if kept != settings:
            file.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")


def _export_network(network: torch.nn.Module, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    tensors = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in network.state_dict().items()
    }
    save_file(tensors, file)


def _name_tokenizer_for_every_version(staging: Path) -> None:
    """transformers 5 writes a class name that transformers 4 does not have; both know this one."""
    index_path = staging / "model_index.json"
    index = json.loads(index_path.read_text())
    index["tokenizer"] = ["transformers", "PreTrainedTokenizerFast"]
    index_path.write_text(json.dumps(index, indent=2) + "\n")
    config_path = staging / "tokenizer" / "tokenizer_config.json"
    config = json.loads(config_path.read_text())
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    config_path.write_text(json.dumps(config, indent=2) + "\n")
