"""`suite.control.v1`: stop this. Every worker reads all of it."""

from enum import StrEnum
from uuid import UUID

import msgspec


class StopReason(StrEnum):
    """Why a job has to stop."""

    CANCELLED = "cancelled"
    CONSENT_WITHDRAWN = "consent-withdrawn"


class StopJob(msgspec.Struct, frozen=True, tag="job.stop"):
    """Stop within one step, whatever the attempt. A job nobody runs is ignored."""

    job: UUID
    reason: StopReason
