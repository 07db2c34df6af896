"""What can be asked of pictures is what their job resolves, and can be asked for again."""

from dataclasses import asdict, fields
from inspect import signature

import msgspec

from commands.jobs.asked_images import AskedImages, asked
from domain.engines import ENGINES
from domain.settings import ImageSettings, resolve_images

ASKED = {field.name for field in fields(AskedImages)}


def test_whatever_is_asked_is_resolved() -> None:
    resolved = signature(resolve_images).parameters.keys() - {"entry"}
    assert resolved == ASKED
    assert {field.name for field in msgspec.structs.fields(ImageSettings)} >= ASKED


def test_settings_that_are_asked_for_again_are_the_same() -> None:
    entry = ENGINES["pocket"]
    chosen = AskedImages(
        aspect_ratio="3:4",
        style=entry.styles[-1],
        num_inference_steps=10,
        guidance_scale=2.5,
        twin_strength=0.5,
    )
    settings = resolve_images(entry, **asked(chosen))
    assert asked(settings) == asdict(chosen)
    assert resolve_images(entry, **asked(settings)) == settings
