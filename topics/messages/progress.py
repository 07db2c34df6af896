"""`suite.progress.v1`: how far a job is. Latest wins; never stored."""

from enum import StrEnum
from uuid import UUID

import msgspec


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
    attempt: int
    owner: UUID
    phase: Phase
    step: int
    steps_total: int
    at_s: float
    preview_png: bytes | None = None
