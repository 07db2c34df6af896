"""`suite.control.v1`: stop this, forget them. Every worker reads all of it."""

from enum import StrEnum
from uuid import UUID

import msgspec

from topics.messages.bounds import Epoch


class StopReason(StrEnum):
    """Why a job has to stop."""

    CANCELLED = "cancelled"
    CONSENT_WITHDRAWN = "consent-withdrawn"


class StopJob(msgspec.Struct, frozen=True, tag="job.stop"):
    """Stop within one step, whatever the attempt. A job nobody runs is ignored."""

    job: UUID
    reason: StopReason


class ForgetTwin(msgspec.Struct, frozen=True, tag="twin.forget"):
    """Let nothing of this twin stay that rests on a consent before `epoch`: no slot, no file."""

    twin: UUID
    epoch: Epoch
