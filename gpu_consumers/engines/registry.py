"""Which engines exist, by id. Importing this loads no torch: the worker's parent reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gpu_consumers.engines import (
    flux_2_klein,
    qwen_image,
    stable_diffusion_15,
    stable_diffusion_xl,
    stable_video_diffusion,
    wan_2_2,
    z_image,
)
from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass
from gpu_consumers.engines.loaded_engine import EngineAbsent, LoadedEngine
from gpu_consumers.engines.pocket import loading as pocket
from gpu_consumers.engines.waiting_threads import let_waiting_threads_sleep

LOADERS: Final[Mapping[str, EngineLoader]] = {
    loader.id: loader
    for loader in (
        pocket.LOADER,
        stable_diffusion_15.LOADER,
        stable_diffusion_xl.LOADER,
        z_image.LOADER,
        flux_2_klein.LOADER,
        qwen_image.LOADER,
        wan_2_2.LOADER,
        stable_video_diffusion.LOADER,
    )
}


def absent_engines(weights_dir: Path | None) -> dict[str, Path]:
    """Engines whose weights are not on this machine, and the folder each is expected in."""
    return {
        loader.id: folder
        for loader in LOADERS.values()
        if not ((folder := loader.weights_dir(weights_dir)) / "model_index.json").is_file()
    }


def load_engine(
    engine: str,
    *,
    weights_dir: Path | None,
    cache_dir: Path,
    device_name: str,
    gates_dir: Path | None = None,
) -> LoadedEngine:
    """Load an engine of the catalogue into this process. See `load_diffusion_engine`.

    Raises EngineAbsent where its weights are missing, and for an id that is not in the catalogue.
    """
    loader = LOADERS.get(engine)
    if loader is None:
        raise EngineAbsent(engine, (weights_dir or Path("weights")) / engine)
    let_waiting_threads_sleep()
    # Imported here: torch takes seconds, and only a child process pays for it.
    if loader.pipeline_class is PipelineClass.STABLE_VIDEO_DIFFUSION:
        from gpu_consumers.engines.still_engine import load_still_engine

        return load_still_engine(loader, weights_dir=weights_dir, device_name=device_name)
    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    return load_diffusion_engine(
        loader,
        weights_dir=weights_dir,
        cache_dir=cache_dir,
        device_name=device_name,
        gates_dir=gates_dir,
    )
