"""Reads facts from their topic and folds them into the read models."""

from collections.abc import Sequence

import structlog

from projections.projector import Projector
from topics.messages.fact import Fact, Watermark
from topics.registry import FACTS
from topics.transport import Delivery

log = structlog.get_logger()

GROUP = "projector"


class FactProjection:
    """A handler for batches of the facts topic."""

    def __init__(self, projector: Projector) -> None:
        self._projector = projector

    def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Fold the facts, then note the newest watermark of each partition.

        A fact that this release cannot read is passed over and logged: a rebuild with a release
        that can read it takes it from the event store.
        """
        facts = [d.message for d in deliveries if isinstance(d.message, Fact)]
        for unreadable in self._projector.apply(facts):
            log.error(
                "fact unreadable",
                event_type=unreadable.event_type,
                position=unreadable.position,
            )
        marks = {
            d.partition: d.message.position for d in deliveries if isinstance(d.message, Watermark)
        }
        self._projector.note_watermarks(marks, partitions=FACTS.partitions)
