"""What can be asked of pictures is what their job resolves, and can be asked for again."""

from dataclasses import asdict, fields

import msgspec

from commands.jobs.asked_settings import asked
from domain.asked_settings import AskedImages
from domain.engines import ENGINES
from domain.settings import ImageSettings, resolve_images

ASKED = {field.name for field in fields(AskedImages)}


def test_whatever_is_asked_is_resolved() -> None:
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
    settings = resolve_images(entry, chosen)
    assert asked(settings) == asdict(chosen)
    assert resolve_images(entry, AskedImages(**asked(settings))) == settings
