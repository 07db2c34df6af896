"""The projector's handler: records that say nothing, and owners who are tried again."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from domain.events import STORED_FORM
from processes.projector import GROUP, FactProjection
from projections.catch_up import CatchUp
from projections.projector import Projector
from tests.commands.studio_spec import StoppedClock
from tests.projections.studio_history import ADA, GRACE, StudioHistory, a_whole_journey
from topics.codec import Headers, encode
from topics.consume import DEAD_LETTERS_IN_A_ROW_MAX, DeadLetterBox, TooManyDeadLetters
from topics.in_memory import InMemoryTransport
from topics.messages.dead_letter import DeadLetter
from topics.messages.fact import Fact
from topics.registry import DEAD_LETTERS, FACTS, key_of
from topics.transport import Delivery, From


class Desk:
    """One projector process, without its loop."""

    def __init__(self, database: str) -> None:
        self.history = a_whole_journey()
        a_whole_journey(GRACE, self.history)
        self.clock = StoppedClock(self.history.now)
        self.now_s = 0.0
        self.transport = InMemoryTransport()
        self.transport.create_topics()

        def connect() -> psycopg.Connection[Any]:
            return psycopg.connect(database, autocommit=True)

        keys = self.history.keys
        self.projection = FactProjection(
            Projector(connect, STORED_FORM, keys, now=self.clock),
            CatchUp(connect, STORED_FORM, keys, self._facts_of, now=self.clock, facts_max=20),
            DeadLetterBox(self.transport.publisher("/suite/projector"), GROUP),
            monotonic_s=lambda: self.now_s,
        )
        self._admin = connect()

    def _facts_of(self, owner: object, after: int, limit: int) -> list[Fact]:
        return [fact for fact in self.history.after(after) if fact.owner_id == owner][:limit]

    def read_to(self, owner: object) -> set[int]:
        with self._admin.transaction(), self._admin.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE projector")
            cursor.execute("SELECT position FROM views.read_to WHERE owner_id = %s", (owner,))
            return {position for (position,) in cursor.fetchall()}

    def turns(self, count: int) -> None:
        for _ in range(count):
            self.projection.retry_due()

    def letters(self) -> list[str]:
        with self.transport.broadcast([DEAD_LETTERS], From.START) as reader:
            found = [one.message for one in reader.poll(0.0)]
        return [letter.reason for letter in found if isinstance(letter, DeadLetter)]

    def close(self) -> None:
        self._admin.close()


@pytest.fixture
def desk(database: str) -> Iterator[Desk]:
    made = Desk(database)
    yield made
    made.close()


def delivered(fact: Fact, *, broken: bool = False, key: str | None = None) -> Delivery:
    """The fact as its record is read; a broken one does not even say which fact it is."""
    record = encode(fact, source="/suite/relay", message_id="", at=fact.recorded_at)
    headers: Headers = record.headers
    if broken:
        headers = tuple(pair for pair in headers if pair[0] != "ce_sequence")
    key = key_of(fact) if key is None else key
    return Delivery.read(FACTS, 0, fact.position, key, headers, record.value)


def lost(history: StudioHistory) -> Fact:
    return next(
        one
        for one in history.facts
        if one.owner_id == ADA and one.event_type == "twin.consent-granted"
    )


def test_a_record_that_says_nothing_costs_its_owner_a_moment_and_no_fact(desk: Desk) -> None:
    broken = lost(desk.history)
    desk.projection.handle([delivered(fact, broken=fact is broken) for fact in desk.history.facts])
    assert desk.read_to(GRACE) == {desk.history.position}
    # Not even what stood before it in the batch: all of it is read from the store, in order.
    assert desk.read_to(ADA) == {0}
    assert desk.letters() == []
    desk.turns(10)
    last = max(fact.position for fact in desk.history.facts if fact.owner_id == ADA)
    assert desk.read_to(ADA) == {last}


def test_a_record_of_nobody_is_a_dead_letter_and_many_in_a_row_stop_the_projector(
    desk: Desk,
) -> None:
    facts = desk.history.facts[:5]
    stray = delivered(facts[0], broken=True, key="?")
    for fact in facts * 6:
        # Strays, but not in a row.
        desk.projection.handle([stray, delivered(fact)])
    assert desk.letters() == ["headers"] * 30
    with pytest.raises(TooManyDeadLetters):
        desk.projection.handle([stray] * (DEAD_LETTERS_IN_A_ROW_MAX + 1))


def test_it_is_looked_for_parked_owners_once_a_second(desk: Desk) -> None:
    desk.turns(1)
    broken = lost(desk.history)
    desk.projection.handle([delivered(broken, broken=True)])
    desk.turns(3)
    assert desk.read_to(ADA) == {0}
    desk.now_s += 1.0
    # From here on every turn goes a step further, until she is caught up with.
    desk.turns(1)
    first = desk.read_to(ADA)
    desk.turns(1)
    assert max(desk.read_to(ADA)) > max(first) > 0
