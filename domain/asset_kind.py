"""What kinds of asset there are."""

from enum import StrEnum


class AssetKind(StrEnum):
    """What an asset is. A sample is a picture that a training drew to show its result."""

    IMAGE = "image"
    SAMPLE = "sample"
    VIDEO = "video"
