"""The settings of pictures as somebody asks for them: in a request, in a quote, in a retry."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class AskedImages:
    """None means the engine's default."""

    aspect_ratio: str | None = None
    style: str | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    twin_strength: float | None = None


def asked(source: object) -> dict[str, Any]:
    """By name, out of whatever has all of them: a command, a form, the settings of a job."""
    return {field.name: getattr(source, field.name) for field in fields(AskedImages)}
