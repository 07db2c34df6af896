"""The settings of clips as somebody asks for them: in a request, in a quote, in a retry."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class AskedClips:
    """None means the engine's default."""

    aspect_ratio: str | None = None
    style: str | None = None
    motion: str | None = None
    duration_s: int | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    twin_strength: float | None = None


def asked_clips(source: object) -> dict[str, Any]:
    """By name, out of whatever has all of them: a command, a form, the settings of a job."""
    return {field.name: getattr(source, field.name) for field in fields(AskedClips)}
