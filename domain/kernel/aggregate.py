"""The shape that every aggregate and event of ours has.

An event class states its stored name (`TOPIC`, in eventsourcing's word; "event type" in ours) and its
`schema_version`. Both are promises: bytes written under them are read for ever.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from eventsourcing.domain import Aggregate as LibraryAggregate


class Aggregate(LibraryAggregate):
    """An aggregate decides in public methods and assigns in private `@event` methods.

    Every `@event` method takes `timestamp`, so that time always arrives as an argument.
    """

    class Event(LibraryAggregate.Event):
        """Something that was decided. Fields are ids, amounts, enums and `FreeText` only."""

        TOPIC: ClassVar[str]
        schema_version: ClassVar[int] = 1

    class Created(Event, LibraryAggregate.Created):
        """The first event of an aggregate."""

    @staticmethod
    def create_id(*_: object, **__: object) -> UUID:
        """Identity is data: every caller passes `id`."""
        raise NotImplementedError


__all__ = ["Aggregate", "datetime"]
