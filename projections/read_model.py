"""The shape of every read model: handlers that turn one event into changes of rows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, LiteralString, TypeVar

from domain.kernel.aggregate import Aggregate
from topics.messages.fact import Fact

E = TypeVar("E", bound=Aggregate.Event)


class Change:
    """One SQL statement, and the rows that it takes as JSON in `%(rows)s`.

    The statement is about sets: it may be run once with the rows of many changes, each of another
    owner, and must touch nothing but what belongs to the owner of each row. Tables are named
    without schema: the projector's search path decides whether the live tables or their shadows
    change.
    """

    __slots__ = ("rows", "statement")

    def __init__(self, statement: LiteralString, *rows: Mapping[str, Any]) -> None:
        self.statement = statement
        self.rows = rows


Handler = Callable[[E, Fact], Iterable[Change]]


class ReadModel:
    """A named fold. Handlers are pure: equal event and fact, equal changes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._handlers: dict[type[Aggregate.Event], Handler[Any]] = {}

    def on(self, event_class: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Register the handler of one event class. One handler per class."""

        def register(handler: Handler[E]) -> Handler[E]:
            self._handlers[event_class] = handler
            return handler

        return register

    @property
    def event_types(self) -> tuple[str, ...]:
        """Stored names of the events this read model folds, sorted."""
        return tuple(sorted(cls.TOPIC for cls in self._handlers))

    def apply(self, event: Aggregate.Event, fact: Fact) -> list[Change]:
        """The changes that one event makes; none for events this read model does not know."""
        handler = self._handlers.get(type(event))
        return list(handler(event, fact)) if handler is not None else []
