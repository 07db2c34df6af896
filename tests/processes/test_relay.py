"""The relay reads and sends ahead, and never says that it is further than it is."""

import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID, uuid5

import pytest
from eventsourcing.persistence import StoredEvent

from adapters.event_store.log import EventLog
from adapters.event_store.positions import claim_reader
from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import open_pool
from processes.relay import BATCH_MAX, BATCHES_AHEAD_MAX, MARKS_EVERY_S, Relay
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
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


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


class Trickle:
    """A log that somebody adds an event to every so often, and its one reader. Time passes only
    while the relay waits; the relay is stopped at the end."""

    def __init__(self, *, events: int, every_s: float, quiet_s: float = 30.0) -> None:
        self.now_s = 0.0
        self.stop = threading.Event()
        self.saved = 0
        self._due_s = [every_s * number for number in range(events)]
        self._until_s = events * every_s + quiet_s

    def monotonic_s(self) -> float:
        return self.now_s

    def wait(self, after: int, timeout_s: float) -> int:
        assert timeout_s > 0
        news_s = self._due_s[after] if after < len(self._due_s) else float("inf")
        self.now_s = min(max(self.now_s, news_s), self.now_s + timeout_s)
        if self.now_s >= self._until_s:
            self.stop.set()
        return sum(due_s <= self.now_s for due_s in self._due_s)

    def load(self) -> int:
        return self.saved

    def save(self, position: int) -> None:
        self.saved = position

    def read(self, after: int, limit: int) -> list[Fact]:
        there = sum(due_s <= self.now_s for due_s in self._due_s)
        return [
            Fact(position, ADA, ADA, position, "diary.line-written", b'{"v":1}', MORNING)
            for position in range(after + 1, min(there, after + limit) + 1)
        ]


def marks_of(trickle: Trickle) -> list[tuple[float, int]]:
    """When the relay told how far it was, and what it told. Every partition was told the same."""
    transport = InMemoryTransport()
    transport.create_topics([FACTS])
    told_at_s: dict[int, float] = {}

    class Noting(InMemoryPublisher):
        def send_all(self, publications: Iterable[Publication]) -> Sent:
            sent = list(publications)
            for one in sent:
                if isinstance(one.message, Watermark):
                    told_at_s[one.message.position] = trickle.now_s
            return super().send_all(sent)

    publisher = Noting(transport, "/suite/relay")
    Relay(trickle, trickle, publisher, monotonic_s=trickle.monotonic_s).run(trickle.stop)
    with transport.broadcast([FACTS], From.START) as reader:
        found = [
            (one.message.position, one.partition)
            for one in collect(reader.poll, trickle.saved + FACTS.partitions * len(told_at_s))
            if isinstance(one.message, Watermark)
        ]
    assert sorted(found) == sorted((p, n) for p in told_at_s for n in range(FACTS.partitions))
    return [(at_s, position) for position, at_s in told_at_s.items()]


def test_a_trickle_is_told_of_once_a_second_and_its_end_is_told_of_too() -> None:
    told = marks_of(Trickle(events=404, every_s=0.1))
    assert told[0] == (0.0, 1)
    assert told[-1][1] == 404
    gaps_s = [later - earlier for (earlier, _), (later, _) in pairwise(told)]
    assert min(gaps_s) >= MARKS_EVERY_S
    assert len(told) <= 42


def test_an_event_after_a_pause_is_told_of_at_once() -> None:
    assert marks_of(Trickle(events=5, every_s=7.0)) == [(7.0 * n, n + 1) for n in range(5)]


def test_while_nothing_moves_nothing_is_told() -> None:
    assert marks_of(Trickle(events=1, every_s=1.0, quiet_s=3_600.0)) == [(0.0, 1)]


def test_a_relay_that_begins_tells_how_far_the_last_one_was() -> None:
    trickle = Trickle(events=3, every_s=0.0)
    trickle.saved = 3
    assert marks_of(trickle) == [(0.0, 3)]


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
