"""A relay killed at the two places where it matters: nothing is lost at the one or the other."""

import signal
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import uuid5

import pytest
from eventsourcing.persistence import StoredEvent

from adapters.event_store.log import EventLog
from adapters.event_store.recorder import EventRecorder
from adapters.postgres.connect import open_pool
from tests.diary import ADA
from tests.faults.oracle import until
from tests.faults.stage import stage_of
from tests.kafka.conftest import RELAY_HELD_KILLS
from tests.kafka.fault_count import FaultCount, counted_facts
from tests.kafka.relay_process import HOLD_PUBLISHING, HOLD_SAVING, relay_process
from topics.kafka import KafkaTransport
from topics.messages.fact import Fact
from topics.registry import FACTS
from topics.transport import BroadcastReader, From

PATIENCE_S = 60.0
LINES = 3

pytestmark = pytest.mark.kafka


class Hearing:
    """What has come into the topic of facts since the beginning of a test."""

    def __init__(self, reader: BroadcastReader) -> None:
        self._reader = reader
        self.facts: list[Fact] = []

    def positions(self) -> set[int]:
        """Of all that has come by now."""
        came = self._reader.poll(0.1)
        self.facts += [one.message for one in came if isinstance(one.message, Fact)]
        return {fact.position for fact in self.facts}


@pytest.fixture
def hearing(kafka: KafkaTransport) -> Iterator[Hearing]:
    with kafka.broadcast([FACTS], From.END) as reader:
        reader.poll(0.0)
        yield Hearing(reader)


def is_killed(relay: BaseProcess) -> None:
    """kill -9, and make sure that it was still alive."""
    relay.kill()
    relay.join(PATIENCE_S)
    assert relay.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("place", [HOLD_PUBLISHING, HOLD_SAVING], ids=["before", "after"])
def test_a_relay_killed_right_before_or_right_after_it_publishes_loses_nothing(
    database: str,
    own_broker: str,
    hearing: Hearing,
    tmp_path: Path,
    tally: Callable[[FaultCount], None],
    place: str,
) -> None:
    stage = stage_of(tmp_path)
    truth: set[int] = set()
    fault = f"relay killed right {'before' if place == HOLD_PUBLISHING else 'after'} publishing"
    with (
        open_pool(database, "writer", size_max=1) as pool,
        EventLog(database) as log,
        counted_facts(fault, truth, hearing.facts, tally) as runs,
    ):
        recorder = EventRecorder(pool.connection)
        for number in range(RELAY_HELD_KILLS):
            stage.raise_flag(place)
            diary = uuid5(ADA, str(number))
            recorder.insert(
                [
                    StoredEvent(diary, version, "diary.line-written", b'{"v":1}')
                    for version in range(1, LINES + 1)
                ],
                owner_id=ADA,
            )
            truth.update(fact.position for fact in log.stream())
            relay = relay_process(database, own_broker, tmp_path)
            until(partial(stage.is_reached, place), "it has come there")
            is_killed(relay)
            stage.lower_flag(place)
            runs.number += 1
            if place == HOLD_PUBLISHING:
                assert hearing.positions() == set()
            else:
                until(lambda: hearing.positions() >= truth, "what was acknowledged stands there")
        relay = relay_process(database, own_broker, tmp_path)
        expected = LINES * _batches(place)
        until(lambda: hearing.positions() and len(hearing.facts) >= expected, "all of it has come")
        relay.terminate()
        relay.join(PATIENCE_S)
        assert relay.exitcode == 0
    hearing.positions()
    assert len(hearing.facts) == expected


def _batches(place: str) -> int:
    """How many saves all relays together publish, what they publish again included."""
    if place == HOLD_PUBLISHING:
        return RELAY_HELD_KILLS
    # Each begins where the first one did: no position was ever saved.
    return sum(range(1, RELAY_HELD_KILLS + 1)) + RELAY_HELD_KILLS
