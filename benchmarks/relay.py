"""Events relayed per second, over kafka-python's own producer loop with the same bytes."""

import threading
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from typing import Any
from uuid import uuid4, uuid5

from eventsourcing.persistence import StoredEvent
from kafka import KafkaProducer

from adapters.event_store.log import EventLog
from adapters.event_store.positions import ActiveReader, claim_reader
from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import open_pool
from benchmarks.measure import alternating, broker, database, report, seconds
from domain.kernel.identity import SYSTEM
from processes.relay import Relay
from processes.wiring.clock import system_clock
from topics.codec import Encoded, encode
from topics.kafka import KafkaTransport
from topics.kafka_publisher import BATCH_SIZE_BYTES, LINGER_MS
from topics.kafka_settings import KafkaSettings
from topics.messages.fact import Fact
from topics.partitioning import partition_of
from topics.registry import FACTS
from topics.transport import Publisher

EVENTS = 8_000
OWNERS = 50
ROUNDS = 5
DATA = (
    b'{"v":1,"timestamp":"2026-05-04T08:00:00Z","job_id":"8d721798-8ab2-5d0b-832b-9bdbadcdbd69",'
    b'"millicredits":100,"draws":[{"lot":"starter","millicredits":100}],"postings":[{"account":'
    b'"available","millicredits":-100},{"account":"reserved","millicredits":100}]}'
)
"""As large as a reservation."""

SAME_SETTINGS = {
    "max_in_flight_requests_per_connection": 1,
    "batch_size": BATCH_SIZE_BYTES,
    "linger_ms": LINGER_MS,
}
"""What our publisher tells its producer: the second baseline, which shows what the relay adds."""

_names = count(1)


class UntilHead(ActiveReader):
    """Stops the relay once everything is published and its position saved."""

    def __init__(self, reader: ActiveReader, head: int, stop: threading.Event) -> None:
        super().__init__(reader._connection, reader.reader)
        self._head = head
        self._stop = stop

    def save(self, position: int) -> None:
        """See `ActiveReader.save`."""
        super().save(position)
        if position == self._head:
            self._stop.set()


def main() -> None:
    """Relay one log again and again, in turns with the bare loop."""
    with database() as (url, _), broker() as bootstrap:
        with open_pool(url, "writer", size_max=1) as pool:
            recorder = EventRecorder(pool.connection)
            for owner in range(OWNERS):
                events = [
                    StoredEvent(uuid4(), 1, "wallet.reserved", DATA)
                    for _ in range(EVENTS // OWNERS)
                ]
                recorder.insert(events, owner_id=uuid5(SYSTEM, str(owner)))
        transport = KafkaTransport(KafkaSettings(bootstrap))
        transport.create_topics()
        with (
            EventLog(url) as log,
            transport.publisher("/suite/relay") as publisher,
            closing(bare_producer(bootstrap)) as plain,
            closing(bare_producer(bootstrap, **SAME_SETTINGS)) as tuned,
        ):
            records = [
                (encode(fact, source="/suite/relay", message_id="", at=system_clock()), fact)
                for fact in log.stream()
            ]
            # Connections, metadata and producer ids are got once, not per event.
            relay_all(url, log, publisher)
            produce_all(plain, records)
            produce_all(tuned, records)
            taken = alternating(
                ROUNDS,
                relay=lambda: relay_all(url, log, publisher),
                plain=lambda: seconds(lambda: produce_all(plain, records)),
                tuned=lambda: seconds(lambda: produce_all(tuned, records)),
            )
    report(
        "relay",
        "kafka-python's producer, idempotent, acks=all: the same records in one loop",
        events_per_s=EVENTS / taken["relay"],
        baseline_events_per_s=EVENTS / taken["plain"],
        ratio=taken["plain"] / taken["relay"],
        goal=0.7,
        same_settings_events_per_s=EVENTS / taken["tuned"],
        ratio_same_settings=taken["tuned"] / taken["relay"],
    )


def bare_producer(bootstrap: str, **settings: int) -> Any:
    """A producer that waits for all replicas and never repeats a record, as ours does."""
    return KafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, **settings
    )


def produce_all(producer: Any, records: Sequence[tuple[Encoded, Fact]]) -> None:
    """Every record, and then the acknowledgement of every one."""
    sent = []
    for encoded, fact in records:
        key = str(fact.owner_id)
        sent.append(
            producer.send(
                FACTS.name,
                value=encoded.value,
                key=key.encode(),
                headers=list(encoded.headers),
                partition=partition_of(key, FACTS.partitions),
            )
        )
    for future in sent:
        future.get(30)


def relay_all(url: str, log: EventLog, publisher: Publisher) -> float:
    """Seconds of the relay as it is, from the first event to the last, under a new name."""
    stop = threading.Event()
    with claim_reader(url, f"benchmark {next(_names)}", wait_s=5.0) as reader:
        relay = Relay(log, UntilHead(reader, EVENTS, stop), publisher)
        return seconds(lambda: relay.run(stop))


if __name__ == "__main__":
    main()
