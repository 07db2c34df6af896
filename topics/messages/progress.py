"""`suite.progress.v1`: how far a job is. Latest wins; never stored."""

from enum import StrEnum
from uuid import UUID

import msgspec

from topics.messages.bounds import Attempt, PreviewPng, StepCount, UnixSeconds


class Phase(StrEnum):
    """What the child process is doing. Each phase has its own limit in the engine's entry."""

    LOAD = "load"
    ENCODE = "encode"
    STEP = "step"
    DECODE = "decode"
    UPLOAD = "upload"


class JobProgressed(msgspec.Struct, frozen=True, tag="job.progressed"):
    """Step `step` of `steps_total`, with a small preview where the engine allows one.

    `preview_png` is a PNG of at most 16 KiB at latent size, as bytes (base64 in JSON).
    """

    job: UUID
    attempt: Attempt
    owner: UUID
    phase: Phase
    step: StepCount
    steps_total: StepCount
    at_s: UnixSeconds
    preview_png: PreviewPng | None = None
