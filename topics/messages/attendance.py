"""`suite.attendance.v1` and `suite.gates.v1`: who is there, and what they can draw or judge.

Said every few seconds by each worker and screener: silence is how the rest of the studio learns
that somebody is away.
"""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from topics.messages.bounds import ENGINES_MAX, EngineId, Label, MemberName, Sha256, SizeBytes


class OfferedEngine(msgspec.Struct, frozen=True):
    """An engine whose weights were found whole. `digest` is over all files that are loaded."""

    engine: EngineId
    digest: Sha256


OfferedEngines: TypeAlias = Annotated[tuple[OfferedEngine, ...], Meta(max_length=ENGINES_MAX)]
JudgedEngines: TypeAlias = Annotated[tuple[EngineId, ...], Meta(max_length=ENGINES_MAX)]


class WorkerPresent(msgspec.Struct, frozen=True, tag="worker.present"):
    """A worker is there, or `leaves` in good order. `member` is the name that it claims under.

    `device` is in words; `memory_bytes` is the device's own, None where it cannot be told.
    """

    member: MemberName
    device: Label
    engines: OfferedEngines
    memory_bytes: SizeBytes | None = None
    leaves: bool = False


class ScreenerPresent(msgspec.Struct, frozen=True, tag="screener.present"):
    """A screener is there, or `leaves`. `engines` are those that every gate has its models for."""

    member: MemberName
    engines: JudgedEngines
    leaves: bool = False
