"""The relay reads and sends ahead, and never says that it is further than it is."""

import threading
from collections.abc import Iterable, Iterator
from uuid import UUID, uuid5

import pytest
from eventsourcing.persistence import StoredEvent

from adapters.event_store.log import EventLog
from adapters.event_store.positions import claim_reader
from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import open_pool
from processes.relay import BATCH_MAX, BATCHES_AHEAD_MAX, Relay
from tests.contract.transport_carriers import collect
from tests.diary import ADA, GRACE
from topics.in_memory import InMemoryTransport
from topics.in_memory_publisher import InMemoryPublisher
from topics.messages.fact import Fact, Watermark
from topics.registry import FACTS
from topics.transport import Delivery, From, Publication, Publisher, PublishFailed, Sent

BATCHES = BATCHES_AHEAD_MAX + 2
EVENTS = BATCHES * BATCH_MAX + 100
BROKEN_AFTER = 2


class Unacknowledged:
    """A batch of which nobody knows whether it is in the log."""

    def wait(self) -> None:
        """See `Sent.wait`."""
        raise PublishFailed("nobody answers")


class BreakingPublisher(InMemoryPublisher):
    """Loses every batch after the first few, and says so when it is waited for."""

    batches = 0

    def send_all(self, publications: Iterable[Publication]) -> Sent:
        """See `Publisher.send_all`."""
        self.batches += 1
        if self.batches > BROKEN_AFTER:
            return Unacknowledged()
        return super().send_all(publications)


@pytest.fixture
def history(database: str) -> Iterator[EventLog]:
    """More events than the relay takes at once, of two people in turns."""
    with open_pool(database, "writer", size_max=1) as pool:
        recorder = EventRecorder(pool.connection)
        for first in range(0, EVENTS, 50):
            owner = (ADA, GRACE)[first // 50 % 2]
            diary = uuid5(owner, f"diary {first}")
            events = [
                StoredEvent(diary, version, "diary.line-written", b'{"v":1}')
                for version in range(1, 51)
            ]
            recorder.insert(events, owner_id=owner)
    with EventLog(database) as log:
        yield log


@pytest.fixture
def topics() -> InMemoryTransport:
    transport = InMemoryTransport()
    transport.create_topics([FACTS])
    return transport


def saved(database: str) -> int:
    with claim_reader(database, "relay", wait_s=5.0) as reader:
        return reader.load()


def relay_until_broken(database: str, history: EventLog, publisher: Publisher) -> None:
    with claim_reader(database, "relay", wait_s=5.0) as reader:
        Relay(history, reader, publisher).run(threading.Event())


def relayed(database: str, history: EventLog, topics: InMemoryTransport) -> list[Delivery]:
    """Everything in the topic once a relay has come to the end of the log, and was stopped."""
    stop = threading.Event()

    def run() -> None:
        with (
            topics.publisher("/suite/relay") as publisher,
            claim_reader(database, "relay", wait_s=5.0) as reader,
        ):
            Relay(history, reader, publisher).run(stop)

    relay = threading.Thread(target=run)
    relay.start()
    found: list[Delivery] = []
    with topics.broadcast([FACTS], From.START) as reader:
        while sum(one.message == Watermark(EVENTS) for one in found) < FACTS.partitions:
            came = collect(reader.poll, 1)
            assert came
            found += came
    stop.set()
    relay.join()
    return found


def positions_of(owner: UUID, deliveries: Iterable[Delivery]) -> list[int]:
    return [
        one.message.position
        for one in deliveries
        if isinstance(one.message, Fact) and one.message.owner_id == owner
    ]


def test_a_log_of_many_batches_is_copied_in_order_and_its_end_is_saved(
    database: str, history: EventLog, topics: InMemoryTransport
) -> None:
    found = relayed(database, history, topics)
    truth = list(history.stream())
    for owner in (ADA, GRACE):
        assert positions_of(owner, found) == [f.position for f in truth if f.owner_id == owner]
    assert saved(database) == EVENTS


def test_watermarks_stand_behind_everything_they_cover(
    database: str, history: EventLog, topics: InMemoryTransport
) -> None:
    newest: dict[int, int] = {}
    for one in relayed(database, history, topics):
        match one.message:
            case Fact(position=position):
                assert position > newest.get(one.partition, 0)
            case Watermark(position=position):
                newest[one.partition] = position
    assert newest == dict.fromkeys(range(FACTS.partitions), EVENTS)


def test_what_was_not_acknowledged_is_not_saved_and_sent_again(
    database: str, history: EventLog, topics: InMemoryTransport
) -> None:
    with pytest.raises(PublishFailed):
        relay_until_broken(database, history, BreakingPublisher(topics, "/suite/relay"))
    assert saved(database) == BROKEN_AFTER * BATCH_MAX
    found = relayed(database, history, topics)
    assert sorted(positions_of(ADA, found) + positions_of(GRACE, found)) == list(
        range(1, EVENTS + 1)
    )
    assert saved(database) == EVENTS
