"""What kinds of job there are."""

from enum import StrEnum


class JobKind(StrEnum):
    """What a job makes."""

    TRAINING = "training"
    IMAGES = "images"
    VIDEO = "video"
