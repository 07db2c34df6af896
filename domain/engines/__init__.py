"""What each engine may be asked: one module per engine, and the catalogue of all of them."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.engines import (
    flux_2_klein,
    pocket,
    qwen_image,
    stable_diffusion_15,
    stable_diffusion_xl,
    stable_video_diffusion,
    wan_2_2,
    z_image,
)
from domain.engines.entry import EngineEntry
from domain.refusals import UnknownEngine

ENGINES: Mapping[str, EngineEntry] = MappingProxyType(
    {
        module.ENTRY.id: module.ENTRY
        for module in (
            pocket,
            stable_diffusion_15,
            stable_diffusion_xl,
            z_image,
            flux_2_klein,
            qwen_image,
            wan_2_2,
            stable_video_diffusion,
        )
    }
)


def engine(engine_id: str) -> EngineEntry:
    """The entry of an engine. Raises `UnknownEngine`."""
    entry = ENGINES.get(engine_id)
    if entry is None:
        raise UnknownEngine(engine_id)
    return entry


__all__ = ["ENGINES", "EngineEntry", "engine"]
