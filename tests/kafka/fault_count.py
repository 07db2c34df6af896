"""What came of one kind of fault: how often it was injected, and what it cost."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from tests.faults.effects import doubled_effects
from tests.faults.oracle import Oracle
from topics.messages.fact import Fact
from topics.registry import FACTS
from topics.transport import From, Transport

PROPERTY: Final = "fault"
"""Under this name a test's report carries its count, also from one pytest process to another."""

QUIET_POLLS: Final = 3
"""After so many polls without a record a topic has been read to its end."""


class FaultCount(msgspec.Struct, frozen=True):
    """`lost`: events that no reader of the topics learns of or that the read models lack, and jobs
    that do not end. `doubled`: effects that took place twice. `repeated`: facts that stood in their
    topic once more, which at-least-once allows, and which readers pass over.
    """

    fault: str
    runs: int
    lost: int
    doubled: int
    repeated: int

    def line(self) -> str:
        """As one line of JSON."""
        return msgspec.json.encode(self).decode()


@dataclass
class Runs:
    """How often a fault was injected so far."""

    number: int = 0


@contextmanager
def counted(
    fault: str, oracle: Oracle, transport: Transport, tally: Callable[[FaultCount], None]
) -> Iterator[Runs]:
    """Inject a fault inside the block, and add to `Runs` each time. Afterwards the studio has to
    come to rest with everything in order; what came of it is told in any case.
    """
    runs = Runs()
    try:
        yield runs
        oracle.rest()
        oracle.check()
    finally:
        found = count_of(fault, runs.number, oracle, transport)
        tally(found)
    assert (found.lost, found.doubled) == (0, 0)


@contextmanager
def counted_facts(
    fault: str, truth: Iterable[int], heard: Iterable[Fact], tally: Callable[[FaultCount], None]
) -> Iterator[Runs]:
    """As `counted`, for facts alone: `truth` and `heard` are looked at after the block."""
    runs = Runs()
    try:
        yield runs
    finally:
        found = count_of_facts(fault, runs.number, truth, heard)
        tally(found)
    assert (found.lost, found.doubled) == (0, 0)


def count_of(fault: str, runs: int, oracle: Oracle, transport: Transport) -> FaultCount:
    """Counted from the event store, the read models and all that stands in the topic of facts."""
    stood = Counter(fact.position for fact in facts_in_topic(transport))
    truth = {fact.position for fact in oracle.events.stream()}
    return FaultCount(
        fault,
        runs,
        lost=len(truth - stood.keys())
        + (oracle.unseen_events() or len(oracle.differences()))
        + len(oracle.open_jobs()),
        doubled=len(doubled_effects(oracle.history())),
        repeated=stood.total() - len(stood),
    )


def count_of_facts(
    fault: str, runs: int, truth: Iterable[int], heard: Iterable[Fact]
) -> FaultCount:
    """Counted for a reader who takes what is newer than the last it took of the same owner."""
    read_to: dict[UUID, int] = {}
    stood: Counter[int] = Counter()
    taken: Counter[int] = Counter()
    for fact in heard:
        stood[fact.position] += 1
        if fact.position > read_to.get(fact.owner_id, 0):
            read_to[fact.owner_id] = fact.position
            taken[fact.position] += 1
    return FaultCount(
        fault,
        runs,
        lost=len(set(truth) - taken.keys()),
        doubled=taken.total() - len(taken),
        repeated=stood.total() - len(stood),
    )


def facts_in_topic(transport: Transport) -> list[Fact]:
    """All facts that are retained, as a newcomer reads them."""
    found: list[Fact] = []
    quiet = 0
    with transport.broadcast([FACTS], From.START) as reader:
        while quiet < QUIET_POLLS:
            came = reader.poll(0.3)
            quiet = 0 if came else quiet + 1
            found += [one.message for one in came if isinstance(one.message, Fact)]
    return found
