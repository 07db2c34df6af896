"""How an engine's weights become a model of its family: offline, and safetensors only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import diffusers
import torch

from gpu_consumers.engines.diffusion_model import DiffusionModel
from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass
from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.engines.loaded_engine import EngineAbsent
from gpu_consumers.engines.weight_layout import single_file, variant_of

if TYPE_CHECKING:
    from gpu_consumers.engines.families.svd import StableVideoClips


def load_latent_diffusion(
    loader: EngineLoader, weights_dir: Path | None, device_name: str
) -> LatentDiffusion:
    """Load the engine's pipeline from its directory, offline, safetensors only.

    `device_name`: "cpu", "cuda", or "auto". Raises EngineAbsent where the directory holds none.
    """
    device = chosen_device(device_name)
    pipeline = load_pipeline(loader, weights_dir, device, _precision(device))
    model = _model(loader, pipeline, device)
    model.network.requires_grad_(requires_grad=False)
    return LatentDiffusion(model)


def load_still_clips(
    loader: EngineLoader, weights_dir: Path | None, device_name: str
) -> StableVideoClips:
    """As `load_latent_diffusion`, of an engine that can only move a picture."""
    from gpu_consumers.engines.families.svd import StableVideoClips

    if loader.motion is None:
        raise EngineAbsent(loader.id, loader.weights_dir(weights_dir))
    device = chosen_device(device_name)
    pipeline = load_pipeline(loader, weights_dir, device, _precision(device))
    pipeline.unet.requires_grad_(requires_grad=False)
    return StableVideoClips(loader, loader.motion, pipeline, device)


def chosen_device(name: str) -> torch.device:
    """ "cpu", "cuda", or "auto": the GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def _precision(device: torch.device) -> torch.dtype:
    return torch.float32 if device.type == "cpu" else torch.bfloat16


def _model(loader: EngineLoader, pipeline: Any, device: torch.device) -> DiffusionModel:
    match loader.pipeline_class:
        case PipelineClass.STABLE_DIFFUSION | PipelineClass.STABLE_DIFFUSION_XL:
            from gpu_consumers.engines.families.stable_diffusion import StableDiffusionModel

            return StableDiffusionModel(loader, pipeline, device)
        case PipelineClass.Z_IMAGE:
            from gpu_consumers.engines.families.z_image import ZImageModel

            return ZImageModel(loader, pipeline, device)
        case PipelineClass.FLUX2_KLEIN:
            from gpu_consumers.engines.families.flux2_klein import Flux2KleinModel

            return Flux2KleinModel(loader, pipeline, device)
        case PipelineClass.QWEN_IMAGE:
            from gpu_consumers.engines.families.qwen_image import QwenImageModel

            return QwenImageModel(loader, pipeline, device)
        case PipelineClass.WAN:
            from gpu_consumers.engines.families.wan import WanModel

            return WanModel(loader, pipeline, device)
        case PipelineClass.STABLE_VIDEO_DIFFUSION:
            raise TypeError(f"{loader.id} draws no pictures")


def load_pipeline(
    loader: EngineLoader, weights_dir: Path | None, device: torch.device, dtype: torch.dtype
) -> Any:
    """The engine's pipeline in this precision, on the device; see `load_latent_diffusion`."""
    directory = loader.weights_dir(weights_dir)
    if not (directory / "model_index.json").is_file():
        raise EngineAbsent(loader.id, directory)
    arguments: dict[str, Any] = {"dtype": dtype}
    if loader.pipeline_class is PipelineClass.STABLE_DIFFUSION:
        # Screening is a process of its own and reads what was written; see `screening/`.
        arguments |= {"safety_checker": None, "requires_safety_checker": False}
    if loader.pipeline_class is PipelineClass.WAN:
        # Its authors decode in full precision, and a clip shows where that is missing.
        arguments["dtype"] = {"default": dtype, "vae": torch.float32}
    component = loader.pipeline_class.component
    whole = _single_file(loader, directory)
    if whole is not None:
        arguments[component] = _network_of(loader, whole, directory / component, dtype)
    pipeline = getattr(diffusers, loader.pipeline_class.value).from_pretrained(
        directory,
        variant=variant_of(directory, component),
        use_safetensors=True,
        local_files_only=True,
        **arguments,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)


def _single_file(loader: EngineLoader, directory: Path) -> Path | None:
    kind = loader.pipeline_class
    return single_file(directory, kind.component) if kind.reads_single_file else None


def _network_of(loader: EngineLoader, whole: Path, config: Path, dtype: torch.dtype) -> Any:
    """The network alone, from one file in the layout that its authors published."""
    kind = getattr(diffusers, loader.pipeline_class.network_class)
    return kind.from_single_file(
        str(whole), config=str(config), local_files_only=True, torch_dtype=dtype
    )
