"""`suite.control.v1`: stop this, forget them, take that first. Every worker reads all of it."""

from enum import StrEnum
from uuid import UUID

import msgspec

from topics.messages.bounds import Attempt, Epoch, Position


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


class MoveJob(msgspec.Struct, frozen=True, tag="job.move"):
    """Its owner has moved a waiting job among their own: `turn` is as in `JobQueued`.

    It is of this attempt only: the next one stands at the end of the line.
    """

    job: UUID
    attempt: Attempt
    turn: Position
