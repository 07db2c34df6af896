"""Whether something may be asked of an engine: what it lacks, and whether its jobs would wait.

An engine can be asked for while its workers are away for a moment: its jobs wait, and whoever asks
is told so before the price. Nobody is let wait for what will not come: the weights that an operator
brings count as gone once nobody had them for as long as a job may stay open. What draws photographs
needs its gates besides, and no wait replaces them.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.engines.entry import EngineEntry
from domain.time_limits import JOB_OPEN_MAX


class Lack(StrEnum):
    """What an engine may lack, by the name that whoever asks is told."""

    WEIGHTS = "weights"
    FACE_ANALYSER = "face-analyser"
    DOCUMENT_IDENTITY = "document-identity"
    POLICY = "policy"


class AtHand(msgspec.Struct, frozen=True):
    """Who is there for an engine: to draw with it, and to judge what it draws.

    The times are when somebody last was there; None for never. `has_policy` is whether a policy
    row allows anything of it. `documents`: whether the identity provider here checks any.
    """

    workers: int = 0
    worker_last_at: datetime | None = None
    screeners: int = 0
    screener_last_at: datetime | None = None
    has_policy: bool = False
    documents: bool = False


def lacks(entry: EngineEntry, at_hand: AtHand, *, now: datetime) -> tuple[Lack, ...]:
    """What keeps everybody from asking this engine for anything; empty where nothing does."""
    found: list[Lack] = []
    if not entry.brings_weights and not _is_or_was(at_hand.workers, at_hand.worker_last_at, now):
        found.append(Lack.WEIGHTS)
    if entry.photorealistic:
        if not _is_or_was(at_hand.screeners, at_hand.screener_last_at, now):
            found.append(Lack.FACE_ANALYSER)
        if not at_hand.documents:
            found.append(Lack.DOCUMENT_IDENTITY)
        if not at_hand.has_policy:
            found.append(Lack.POLICY)
    return tuple(found)


def _is_or_was(alive: int, last_at: datetime | None, now: datetime) -> bool:
    return alive > 0 or (last_at is not None and now - last_at < JOB_OPEN_MAX)
