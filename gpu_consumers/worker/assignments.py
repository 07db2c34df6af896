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


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """End what you are doing within one step and answer with Broke(STOPPED)."""


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """Let nothing of this twin stay in memory that rests on a consent before `epoch`.

    May come at any time, also while the child works: for somebody else, or until it has stopped.
    """

    twin: UUID
    epoch: int


class Advanced(msgspec.Struct, frozen=True, tag="advanced"):
    """The child is here; see `JobProgressed`."""

    phase: Phase
    step: int
    steps_total: int
    preview_png: bytes | None = None
    preview_items: tuple[int, ...] = ()
    checkpoints: tuple[CheckpointSeen, ...] = ()


class Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    """Everything is in quarantine."""

    outputs: tuple[RenderedOutput, ...]
    adapter: TrainedAdapter | None = None
    checkpoints: tuple[TrainedAdapter, ...] = ()


class Broke(msgspec.Struct, frozen=True, tag="broke"):
    """The work ended without a result. The child is ready for other work."""

    reason: FailureReason


Order: TypeAlias = Start | Stop | Forget
Report: TypeAlias = Advanced | Delivered | Broke

ORDERS = msgspec.msgpack.Decoder(Order)
REPORTS = msgspec.msgpack.Decoder(Report)
