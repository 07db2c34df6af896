"""How outputs are looked at before anything of them is released."""

from enum import StrEnum


class ScreeningProfile(StrEnum):
    """What a screener does with an output: look at one picture, or at the frames of a clip."""

    PICTURES = "pictures"
    CLIPS = "clips"
