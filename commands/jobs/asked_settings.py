"""The settings of pictures and clips, out of whatever names all of them."""

from dataclasses import fields
from typing import Any

from domain.asked_settings import AskedClips, AskedImages


def asked(source: object) -> dict[str, Any]:
    """By name, out of whatever has all of them: a command, a form, the settings of a job."""
    return {field.name: getattr(source, field.name) for field in fields(AskedImages)}


def asked_clips(source: object) -> dict[str, Any]:
    """As `asked`, with what moves for how long."""
    return {field.name: getattr(source, field.name) for field in fields(AskedClips)}
