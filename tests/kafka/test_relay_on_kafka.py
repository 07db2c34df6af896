"""A relay that is killed at any moment: no fact is lost, and no order is broken."""

import random
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from time import monotonic
from uuid import UUID, uuid5

import pytest
from eventsourcing.persistence import StoredEvent

from adapters.event_store.log import EventLog
from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import open_pool
from tests.diary import ADA, GRACE
from tests.kafka.conftest import RELAY_KILLS
from tests.kafka.fault_count import FaultCount, counted_facts
from tests.kafka.relay_process import relay_process
from topics.kafka import KafkaTransport
from topics.messages.fact import Fact, Watermark
from topics.partitioning import partition_of
from topics.registry import FACTS, key_of
from topics.transport import BroadcastReader, From

FAULT = "relay killed between commit and publish"
SEED = 20_260_504
PATIENCE_S = 60.0
OWNERS = (ADA, GRACE, *(uuid5(ADA, f"reader {number}") for number in range(5)))
SAVES_PER_ROUND = 6


@dataclass
class Heard:
    """What stood in the topic of facts, in the order in which it stood there."""

    facts: list[Fact] = field(default_factory=list)
    marks: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    positions: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """By partition, the facts that stood before."""
    broken_marks: list[tuple[int, int]] = field(default_factory=list)

    def listen(self, reader: BroadcastReader, timeout_s: float, owner: dict[int, UUID]) -> None:
        """Take what has come. `owner` is the truth: whose each committed position is."""
        for delivery in reader.poll(timeout_s):
            match delivery.message:
                case Fact() as fact:
                    assert delivery.partition == partition_of(key_of(fact), FACTS.partitions)
                    self.facts.append(fact)
                    self.positions[delivery.partition].add(fact.position)
                case Watermark(position=position):
                    self.marks[delivery.partition].append(position)
                    covered = {
                        one
                        for one, whose in owner.items()
                        if one <= position
                        and partition_of(str(whose), FACTS.partitions) == delivery.partition
                    }
                    if not covered <= self.positions[delivery.partition]:
                        self.broken_marks.append((delivery.partition, position))


@pytest.fixture
def facts_from_here(kafka: KafkaTransport) -> Iterator[BroadcastReader]:
    """All that comes into the topic of facts from now on."""
    with kafka.broadcast([FACTS], From.END) as reader:
        reader.poll(0.0)
        yield reader


def save_some(recorder: EventRecorder, round_number: int, chance: random.Random) -> None:
    """Saves of several owners, of one to nine events."""
    for save in range(SAVES_PER_ROUND):
        owner = chance.choice(OWNERS)
        diary = uuid5(owner, f"round {round_number}, save {save}")
        events = [
            StoredEvent(diary, version, "diary.line-written", b'{"v":1}')
            for version in range(1, chance.randint(2, 10))
        ]
        recorder.insert(events, owner_id=owner)


@pytest.mark.kafka
def test_a_relay_killed_between_commit_and_publish_loses_nothing_and_keeps_every_order(
    database: str,
    own_broker: str,
    facts_from_here: BroadcastReader,
    tally: Callable[[FaultCount], None],
) -> None:
    chance = random.Random(SEED)
    heard = Heard()
    owner: dict[int, UUID] = {}

    def commit(round_number: int) -> None:
        save_some(recorder, round_number, chance)
        owner.update({fact.position: fact.owner_id for fact in log.stream(max(owner, default=0))})

    def all_heard() -> bool:
        heard.listen(facts_from_here, 0.1, owner)
        return {fact.position for fact in heard.facts} == owner.keys() and all(
            heard.marks[partition][-1:] == [max(owner)] for partition in range(FACTS.partitions)
        )

    with (
        open_pool(database, "writer", size_max=1) as pool,
        EventLog(database) as log,
        counted_facts(FAULT, owner, heard.facts, tally) as runs,
    ):
        recorder = EventRecorder(pool.connection)
        # One that is left in peace tells how long a relay takes from its start, and from a commit.
        commit(0)
        relay_process(database, own_broker).kill()
        relay = relay_process(database, own_broker)
        from_start_s = _until(all_heard)
        commit(1)
        from_commit_s = _until(all_heard)
        _kill(relay)

        interrupted = 0
        for round_number in range(2, RELAY_KILLS + 2):
            relay = relay_process(database, own_broker)
            if round_number % 2:
                # At rest, and woken by the commit.
                _until(all_heard)
            commit(round_number)
            relay.join(chance.uniform(0.0, from_commit_s if round_number % 2 else from_start_s))
            _kill(relay)
            runs.number += 1
            heard.listen(facts_from_here, 0.0, owner)
            interrupted += len({fact.position for fact in heard.facts}) < len(owner)

        relay = relay_process(database, own_broker)
        commit(RELAY_KILLS + 2)
        _until(all_heard)
        relay.terminate()
        relay.join(PATIENCE_S)
        assert relay.exitcode == 0

        assert interrupted > 0
        assert heard.broken_marks == []
        for marks in heard.marks.values():
            assert marks == sorted(marks)
        truth = {fact.position: fact for fact in log.stream()}
        assert {fact.position: fact for fact in heard.facts} == truth
        for first_times in _first_times(heard.facts).values():
            assert first_times == sorted(first_times)


def _first_times(facts: Sequence[Fact]) -> dict[UUID, list[int]]:
    """By owner, the positions in the order in which each was first heard."""
    found: dict[UUID, dict[int, None]] = defaultdict(dict)
    for fact in facts:
        found[fact.owner_id].setdefault(fact.position)
    return {owner: list(positions) for owner, positions in found.items()}


def _kill(relay: BaseProcess) -> None:
    """kill -9, and make sure that it was still alive."""
    relay.kill()
    relay.join(PATIENCE_S)
    assert relay.exitcode == -signal.SIGKILL


def _until(look: Callable[[], bool]) -> float:
    """Look until it holds. Answers how long that took."""
    began_s = monotonic()
    while not look():
        assert monotonic() < began_s + PATIENCE_S
    return monotonic() - began_s
