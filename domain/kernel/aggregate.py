"""The shape that every aggregate and event of ours has.

An event class states its stored name (`TOPIC`, in eventsourcing's word; "event type" in ours) and
its `schema_version`. Both are promises: bytes written under them are read for ever.
"""

from datetime import datetime
from itertools import takewhile
from typing import Any, ClassVar, Self
from uuid import UUID

from eventsourcing.domain import Aggregate as LibraryAggregate


class Aggregate(LibraryAggregate):
    """An aggregate decides in public methods and triggers events, whose `apply` assigns.

    `__init__` takes nothing: it gives every attribute the value that it has before any event.
    """

    class Event(LibraryAggregate.Event):
        """Something that was decided. Fields are ids, amounts, enums and `FreeText` only.

        A field that a later release adds has its default here, and nowhere else.
        """

        TOPIC: ClassVar[str]
        schema_version: ClassVar[int] = 1

    class Created(Event, LibraryAggregate.Created):
        """The first event of an aggregate."""

    def __init_subclass__(cls, *, created_event_name: str = "") -> None:
        # The events of a large aggregate stand in a file of their own, as attributes of a class
        # that it inherits from. The library looks for them on the aggregate itself.
        for base in takewhile(lambda base: base is not Aggregate, cls.__mro__[1:]):
            for name, value in vars(base).items():
                if isinstance(value, type) and name not in cls.__dict__:
                    setattr(cls, name, value)
        # It gives every aggregate a `Created` of its own and wants a stored name for it, also where
        # the first event is called something else. Such a one is never triggered, and the stored
        # form does not know it.
        if "Created" not in cls.__dict__:
            unused = {"TOPIC": f"{cls.__dict__['TOPIC']}.never-triggered"}
            cls.Created = type("Created", (Aggregate.Created,), unused)  # type: ignore[misc, assignment]
        super().__init_subclass__(created_event_name=created_event_name)

    @classmethod
    def _create(  # type: ignore[override]
        cls,
        event_class: type[Created],
        *,
        id: UUID,
        timestamp: datetime,
        **fields: Any,
    ) -> Self:
        """The aggregate that its first event opens. Raises TypeError for a wrong field.

        The library's own would take the time from the wall clock where none is given.
        """
        return super()._create(event_class, id=id, timestamp=timestamp, **fields)

    def trigger_event(  # type: ignore[override]
        self, event_class: type[Event], *, timestamp: datetime, **fields: Any
    ) -> None:
        """Decide: make the next event of this aggregate and apply it. As `_create` of the time."""
        super().trigger_event(event_class, timestamp=timestamp, **fields)

    @staticmethod
    def create_id(*_: object, **__: object) -> UUID:
        """Identity is data: every caller passes `id`."""
        raise NotImplementedError


__all__ = ["Aggregate", "datetime"]
