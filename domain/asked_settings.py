"""What pictures and clips are both asked for, and what an engine makes of it."""

from dataclasses import dataclass
from typing import Any

from domain.engines.entry import EngineEntry, WholeRange
from domain.setting_ranges import known_ratio, known_style, real_within, whole_within


@dataclass(frozen=True, kw_only=True)
class AskedImages:
    """Settings as somebody asks for them. None means the engine's default."""

    aspect_ratio: str | None = None
    style: str | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    twin_strength: float | None = None


@dataclass(frozen=True, kw_only=True)
class AskedClips(AskedImages):
    """As pictures are asked for, and what moves for how long."""

    motion: str | None = None
    duration_s: int | None = None


def drawn(entry: EngineEntry, asked: AskedImages, *, steps: WholeRange) -> dict[str, Any]:
    """The fields that `ImageSettings` and `VideoSettings` share, with the engine's defaults.

    Raises `AspectRatioUnsupported`, `UnknownStyle`, `SettingOutOfRange`.
    """
    ratio = known_ratio(entry, asked.aspect_ratio)
    width, height = entry.aspect_ratios[ratio]
    return {
        "width": width,
        "height": height,
        "aspect_ratio": ratio,
        "style": known_style(entry, asked.style),
        "num_inference_steps": whole_within(
            "num_inference_steps", asked.num_inference_steps, steps
        ),
        "guidance_scale": real_within("guidance_scale", asked.guidance_scale, entry.guidance),
        "twin_strength": real_within("twin_strength", asked.twin_strength, entry.strength),
    }
