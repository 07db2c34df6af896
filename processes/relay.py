"""Copies the event table to the topics, in commit order, until all of it is acknowledged."""

import threading

import structlog

from adapters.event_store.log import EventLog
from adapters.event_store.positions import ActiveReader
from domain.kernel.stored_form import NoKeys, StoredEventUnreadable, StoredForm
from processes.outbox import EVENT_TYPES_WITH_MESSAGES, fact_publication, publications_of
from topics.messages.fact import Fact, Watermark
from topics.registry import FACTS
from topics.transport import Publication, Publisher

log = structlog.get_logger()

BATCH_MAX = 500
WAIT_S = 1.0
"""How long one wait for news lasts, and so how long a stop may take."""


class Relay:
    """The one active relay: `reader` holds its name in the database.

    Publishes, then saves the position: a crash between the two publishes again, and every reader
    dedupes. A relay that lost its name raises `ReaderLost` at its next save.
    """

    def __init__(
        self, events: EventLog, reader: ActiveReader, publisher: Publisher, form: StoredForm
    ) -> None:
        self._events = events
        self._reader = reader
        self._publisher = publisher
        self._form = form
        self._keys = NoKeys()

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set."""
        position = self._reader.load()
        while not stop.is_set():
            facts = self._events.read(position, BATCH_MAX)
            if facts:
                # Before publishing: whoever lost the name must not publish behind its successor.
                self._reader.check()
                position = self._publish(facts)
                self._reader.save(position)
            else:
                self._events.wait(position, WAIT_S)

    def _publish(self, facts: list[Fact]) -> int:
        publications: list[Publication] = []
        for fact in facts:
            publications.append(fact_publication(fact))
            publications.extend(self._messages_of(fact))
        position = facts[-1].position
        mark = Watermark(position)
        # In every partition, behind the facts that it covers.
        publications.extend(
            Publication(FACTS, "", mark, partition=number) for number in range(FACTS.partitions)
        )
        self._publisher.publish_all(publications)
        log.debug("relayed", facts=len(facts), position=position)
        return position

    def _messages_of(self, fact: Fact) -> tuple[Publication, ...]:
        if fact.event_type not in EVENT_TYPES_WITH_MESSAGES:
            return ()
        try:
            event = self._form.decode(
                fact.event_type,
                fact.originator_id,
                fact.originator_version,
                fact.data,
                self._keys,
            )
        except StoredEventUnreadable as error:
            # The fact goes out as it is; a newer release says what follows from it.
            log.error("event unreadable", position=fact.position, reason=str(error))
            return ()
        return publications_of(event, fact)
