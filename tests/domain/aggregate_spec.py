"""Given an aggregate, when it decides, then events or a refusal."""

from collections.abc import Callable
from typing import Generic, Self, TypeVar, cast

import pytest

from domain.kernel.aggregate import Aggregate
from domain.kernel.refusal import Refusal

A = TypeVar("A", bound=Aggregate)
R = TypeVar("R", bound=Refusal)


class given(Generic[A]):
    """An aggregate with a past. What it decides from here on is looked at."""

    def __init__(self, aggregate: A) -> None:
        aggregate.collect_events()
        self.aggregate = aggregate
        self._decision: Callable[[A], object] | None = None

    def when(self, decision: Callable[[A], object]) -> Self:
        """What it is asked."""
        self._decision = decision
        return self

    def then(self, *event_classes: type[Aggregate.Event]) -> tuple[Aggregate.Event, ...]:
        """Exactly these events, in this order. Answers them."""
        self._decide()
        events = cast(tuple[Aggregate.Event, ...], tuple(self.aggregate.collect_events()))
        assert [type(event) for event in events] == list(event_classes)
        return events

    def then_nothing(self) -> None:
        """No event and no refusal."""
        self.then()

    def then_refused(self, refusal: type[R]) -> R:
        """This refusal, and no event. Answers it."""
        with pytest.raises(refusal) as raised:
            self._decide()
        assert not self.aggregate.pending_events
        return raised.value

    def _decide(self) -> None:
        assert self._decision is not None
        self._decision(self.aggregate)
