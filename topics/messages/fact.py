"""`suite.facts.v1`: what happened, in the bytes in which it was stored."""

from datetime import datetime
from uuid import UUID

import msgspec

from topics.messages.bounds import EventData, EventType, Ordinal, Position


class Fact(msgspec.Struct, frozen=True):
    """One row of the event table. On the wire `data` is the value and all else stands in headers.

    `position` is the row's `notification_id`: commit order over all owners.
    """

    position: Ordinal
    owner_id: UUID
    originator_id: UUID
    originator_version: Ordinal
    event_type: EventType
    data: EventData
    recorded_at: datetime


class Watermark(msgspec.Struct, frozen=True, tag="watermark"):
    """Every fact up to `position` stands before this message in this partition."""

    position: Position
