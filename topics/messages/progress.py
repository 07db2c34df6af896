"""`suite.progress.v1`: how far a job is. Latest wins; never stored."""

from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from topics.messages.bounds import (
    CHECKPOINTS_MAX,
    OUTPUTS_MAX,
    Attempt,
    Cosine,
    ItemNumber,
    PreviewPng,
    StepCount,
    UnixSeconds,
)


class Phase(StrEnum):
    """What the child process is doing. Each phase has its own limit in the engine's entry."""

    LOAD = "load"
    ENCODE = "encode"
    STEP = "step"
    DECODE = "decode"
    UPLOAD = "upload"


PreviewItems: TypeAlias = Annotated[tuple[ItemNumber, ...], Meta(max_length=OUTPUTS_MAX)]


class CheckpointSeen(msgspec.Struct, frozen=True):
    """One checkpoint that a training has passed. `similarity` is its samples' likeness, a cosine of
    identities."""

    step: StepCount
    similarity: Cosine


CheckpointsSeen: TypeAlias = Annotated[tuple[CheckpointSeen, ...], Meta(max_length=CHECKPOINTS_MAX)]


class JobProgressed(msgspec.Struct, frozen=True, tag="job.progressed"):
    """Step `step` of `steps_total`, with a small preview where the engine allows one.

    `preview_png` is a PNG of at most 16 KiB made from latent size, as bytes (base64 in JSON): the
    pictures of `preview_items` side by side, left to right, all of one width; of a clip, its middle
    frame. Where no items are named it shows one picture. `checkpoints` are all that a training has
    passed so far, by step, and then the preview shows the samples of the last of them.
    """

    job: UUID
    attempt: Attempt
    owner: UUID
    phase: Phase
    step: StepCount
    steps_total: StepCount
    at_s: UnixSeconds
    preview_png: PreviewPng | None = None
    preview_items: PreviewItems | msgspec.UnsetType = msgspec.UNSET
    checkpoints: CheckpointsSeen | msgspec.UnsetType = msgspec.UNSET
