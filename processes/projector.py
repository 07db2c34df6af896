"""Reads facts from their topic and folds them into the read models."""

import time
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from projections.catch_up import CatchUp, Outcome
from projections.projector import Projector
from topics.codec import Undecodable
from topics.consume import DeadLetterBox
from topics.messages.fact import Fact, Watermark
from topics.registry import FACTS
from topics.transport import Delivery

log = structlog.get_logger()

GROUP = "projector"

LOOK_S = 1.0
"""How often it is asked whose facts are to be tried again."""

OWNERS_A_TURN_MAX = 10
"""A batch of facts each: together they take less than the lease of the partitions."""


class FactProjection:
    """A handler for batches of the facts topic, and for the owners whom a fact has stopped.

    Without `catch_up` they stay parked until somebody else tries them again. With `dead_letters` it
    takes unreadable records, too: whose facts they are, the store tells.
    """

    def __init__(
        self,
        projector: Projector,
        catch_up: CatchUp | None = None,
        dead_letters: DeadLetterBox | None = None,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._projector = projector
        self._catch_up = catch_up
        self._dead_letters = dead_letters
        self._monotonic_s = monotonic_s
        self._looks_at_s = float("-inf")

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Fold the facts, then note the newest watermark of each partition.

        An owner with a fact that cannot be folded is parked, and everybody else goes on. Raises
        where the database is away; nothing of the batch may be committed then.
        """
        self._read_from_store(deliveries)
        facts = [d.message for d in deliveries if isinstance(d.message, Fact)]
        for parked in self._projector.apply(facts):
            log.error(
                "owner parked",
                owner=str(parked.owner_id),
                position=parked.position,
                event_type=parked.event_type,
                error=parked.error,
            )
        marks = {
            d.partition: d.message.position for d in deliveries if isinstance(d.message, Watermark)
        }
        self._projector.note_watermarks(marks, partitions=FACTS.partitions)

    def retry_due(self) -> None:
        """Try parked owners again. To be called once a turn: it looks only so often."""
        if self._catch_up is None or self._monotonic_s() < self._looks_at_s:
            return
        self._looks_at_s = self._monotonic_s() + LOOK_S
        for tried in self._catch_up.retry_due(OWNERS_A_TURN_MAX):
            if tried.outcome is Outcome.FURTHER:
                # There is more to fold already: the next turn does not wait.
                self._looks_at_s = float("-inf")
            log.info("parked owner tried", owner=str(tried.owner_id), outcome=tried.outcome.value)

    def _read_from_store(self, deliveries: Sequence[Delivery]) -> None:
        """Park the owners of unreadable records, before a later fact of theirs is folded."""
        of_nobody: list[Delivery] = []
        for delivery in deliveries:
            owner = _owner(delivery.key) if isinstance(delivery.message, Undecodable) else None
            if owner is None:
                of_nobody.append(delivery)
                continue
            log.error("fact unreadable", owner=str(owner), offset=delivery.offset)
            self._projector.note_lost(owner, Undecodable.__name__)
        if self._dead_letters is not None:
            self._dead_letters.sort(of_nobody)


def _owner(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
