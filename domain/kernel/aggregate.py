"""The shape that every aggregate and event of ours has.

An event class states its stored name (`TOPIC`, in eventsourcing's word; "event type" in ours) and
its `schema_version`. Both are promises: bytes written under them are read for ever.
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

    def __init_subclass__(cls, *, created_event_name: str = "") -> None:
        # The library gives every aggregate a `Created` of its own and wants a stored name for it,
        # also where the first event is called something else. Such a one is never triggered, and
        # the stored form does not know it.
        if "Created" not in cls.__dict__:
            unused = {"TOPIC": f"{cls.__dict__['TOPIC']}.never-triggered"}
            cls.Created = type("Created", (Aggregate.Created,), unused)  # type: ignore[misc, assignment]
        super().__init_subclass__(created_event_name=created_event_name)

    @staticmethod
    def create_id(*_: object, **__: object) -> UUID:
        """Identity is data: every caller passes `id`."""
        raise NotImplementedError


__all__ = ["Aggregate", "datetime"]
