"""Sizes that large platforms show, in which an item may be made ready to be published."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class PublishPreset(StrEnum):
    """What the files of a pack are for."""

    SQUARE = "square"
    PORTRAIT = "portrait"
    STORY = "story"
    LANDSCAPE = "landscape"
    ORIGINAL = "original"
    """As large as it is."""


PRESET_SIZES: Mapping[PublishPreset, tuple[int, int]] = MappingProxyType(
    {
        PublishPreset.SQUARE: (1080, 1080),
        PublishPreset.PORTRAIT: (1080, 1350),
        PublishPreset.STORY: (1080, 1920),
        PublishPreset.LANDSCAPE: (1920, 1080),
    }
)
"""Width and height in pixels, both even. All of an item is shown: no face is cut off."""

STILL_MEDIA_TYPE = "image/jpeg"
CLIP_MEDIA_TYPE = "video/mp4"
"""What every platform takes."""
