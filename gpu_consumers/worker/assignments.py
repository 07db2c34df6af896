"""What the worker's parent and its child say to each other over their pipe."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

import msgspec

from topics.messages.progress import CheckpointSeen, Phase
from topics.messages.results import FailureReason, RenderedOutput, TrainedAdapter
from topics.messages.work import Work


class Start(msgspec.Struct, frozen=True, tag="start"):
    """Do this. The child has nothing else to do.

    `twin` and `epoch`: whose likeness it is about, and which of their consents it rests on.
    """

    job: UUID
    attempt: int
    work: Work
    twin: UUID | None = None
    epoch: int = 0


class StartTogether(msgspec.Struct, frozen=True, tag="start-together"):
    """Draw the pictures of these jobs together. All are image works of one batch key.

    Each has reports of its own, and one at its end. A report without a job is about all of them
    that have not ended.
    """

    starts: tuple[Start, ...]


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """End what you are doing within one step and answer with Broke(STOPPED).

    With a `job`, end that one alone; it may have ended meanwhile.
    """

    job: UUID | None = None


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """Let nothing of this twin stay in memory that rests on a consent before `epoch`.

    May come at any time, also while the child works: for somebody else, or until it has stopped.
    """

    twin: UUID
    epoch: int


class Advanced(msgspec.Struct, frozen=True, tag="advanced"):
    """The child is here; see `JobProgressed`. `job`: here and below, which of several it is."""

    phase: Phase
    step: int
    steps_total: int
    preview_png: bytes | None = None
    preview_items: tuple[int, ...] = ()
    checkpoints: tuple[CheckpointSeen, ...] = ()
    job: UUID | None = None


class Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    """Everything is in quarantine."""

    outputs: tuple[RenderedOutput, ...]
    adapter: TrainedAdapter | None = None
    checkpoints: tuple[TrainedAdapter, ...] = ()
    job: UUID | None = None


class Broke(msgspec.Struct, frozen=True, tag="broke"):
    """The work ended without a result. The child is ready for other work."""

    reason: FailureReason
    job: UUID | None = None


Order: TypeAlias = Start | StartTogether | Stop | Forget
Report: TypeAlias = Advanced | Delivered | Broke

ORDERS = msgspec.msgpack.Decoder(Order)
REPORTS = msgspec.msgpack.Decoder(Report)
