"""How an engine's weights become a model of its family: offline, and safetensors only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import diffusers
import torch

from gpu_consumers.engines.diffusion_model import DiffusionModel
from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass
from gpu_consumers.engines.latent_diffusion import LatentDiffusion
from gpu_consumers.engines.loaded_engine import EngineAbsent
from gpu_consumers.engines.weight_layout import single_file, variant_of


def load_latent_diffusion(
    loader: EngineLoader, weights_dir: Path | None, device_name: str
) -> LatentDiffusion:
    """Load the engine's pipeline from its directory, offline, safetensors only.

    `device_name`: "cpu", "cuda", or "auto". Raises EngineAbsent where the directory holds none.
    """
    directory = loader.weights_dir(weights_dir)
    if not (directory / "model_index.json").is_file():
        raise EngineAbsent(loader.id, directory)
    device = chosen_device(device_name)
    dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
    pipeline = _pipeline(loader, directory, dtype).to(device)
    pipeline.set_progress_bar_config(disable=True)
    model = _model(loader, pipeline, device)
    model.network.requires_grad_(requires_grad=False)
    return LatentDiffusion(model)


def chosen_device(name: str) -> torch.device:
    """ "cpu", "cuda", or "auto": the GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


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


def _pipeline(loader: EngineLoader, directory: Path, dtype: torch.dtype) -> Any:
    arguments: dict[str, Any] = {}
    if loader.pipeline_class is PipelineClass.STABLE_DIFFUSION:
        # Screening is a process of its own and reads what was written; see `screening/`.
        arguments = {"safety_checker": None, "requires_safety_checker": False}
    component = loader.pipeline_class.component
    whole = single_file(directory, component)
    if whole is not None:
        arguments[component] = _network_of(loader, whole, directory / component, dtype)
    return getattr(diffusers, loader.pipeline_class.value).from_pretrained(
        directory,
        variant=variant_of(directory, component),
        use_safetensors=True,
        local_files_only=True,
        dtype=dtype,
        **arguments,
    )


def _network_of(loader: EngineLoader, whole: Path, config: Path, dtype: torch.dtype) -> Any:
    """The network alone, from one file in the layout that its authors published."""
    kind = getattr(diffusers, loader.pipeline_class.network_class)
    return kind.from_single_file(
        str(whole), config=str(config), local_files_only=True, torch_dtype=dtype
    )
