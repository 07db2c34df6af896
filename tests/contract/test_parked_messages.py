"""Where reports wait that could not be recorded: in order per job, once each, with a limit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from adapters.parked_messages.in_memory import InMemoryParkedMessages
from adapters.parked_messages.postgres import PostgresParkedMessages
from adapters.postgres.connect import open_pool
from commands.ports.parked_messages import (
    PARKED_OF_ONE_MAX,
    PARKED_SIZE_MAX_BYTES,
    ParkedMessages,
    ParkingFull,
    Record,
)

NAMES = UUID("5f0c6f1e-6b6e-4c1c-9d4f-0a4b8f7f2a11")
LIGHTHOUSE = uuid5(NAMES, "a lighthouse in fog")
PIER = uuid5(NAMES, "a pier at night")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LEASE = timedelta(minutes=1)


@pytest.fixture(params=["in_memory", "postgres"])
def parked(request: pytest.FixtureRequest) -> Iterator[ParkedMessages]:
    if request.param == "in_memory":
        yield InMemoryParkedMessages()
        return
    database = request.getfixturevalue("database")
    with open_pool(database, "writer", size_max=4) as pool:
        yield PostgresParkedMessages(pool)


def record(offset: int, value: bytes = b"{}") -> Record:
    headers = (("ce_type", b"job.rendered"), ("x-\x00", b"\x00\xff"))
    return Record("suite.results.v1", 3, offset, headers, value)


def park(
    parked: ParkedMessages,
    offset: int,
    about: UUID = LIGHTHOUSE,
    *,
    due: datetime = NOON,
    value: bytes = b"{}",
) -> None:
    parked.park(about, record(offset, value), error="ValueError", attempts=1, at=NOON, due=due)


def offsets(parked: ParkedMessages) -> list[int]:
    return [one.record.offset for one in parked.listed(100)]


def test_a_record_is_kept_as_it_was(parked: ParkedMessages) -> None:
    park(parked, 7, value=b"\x00\xff")
    (kept,) = parked.listed(10)
    assert (kept.about, kept.record) == (LIGHTHOUSE, record(7, b"\x00\xff"))
    assert (kept.error, kept.attempts) == ("ValueError", 1)
    assert (kept.first_at, kept.last_at, kept.due_at) == (NOON, NOON, NOON)


def test_it_is_known_which_jobs_wait(parked: ParkedMessages) -> None:
    park(parked, 1)
    assert parked.waiting([LIGHTHOUSE, PIER]) == {LIGHTHOUSE}
    assert parked.waiting([]) == frozenset()


def test_a_record_that_is_delivered_again_waits_once(parked: ParkedMessages) -> None:
    park(parked, 1)
    park(parked, 1, due=NOON + LEASE)
    assert offsets(parked) == [1]
    # A topic that was made anew counts anew.
    park(parked, 1, value=b"other bytes")
    assert offsets(parked) == [1, 1]


def test_only_the_first_record_of_a_job_is_ever_due(parked: ParkedMessages) -> None:
    park(parked, 1, due=NOON + LEASE)
    park(parked, 2)
    assert parked.take_due(NOON, lease=LEASE) is None
    first = parked.take_due(NOON + LEASE, lease=LEASE)
    assert first is not None
    assert (first.record.offset, first.attempts) == (1, 2)


def test_jobs_take_turns_by_how_long_they_have_been_due(parked: ParkedMessages) -> None:
    park(parked, 1, LIGHTHOUSE, due=NOON)
    park(parked, 2, PIER, due=NOON - LEASE)
    taken = [parked.take_due(NOON, lease=LEASE) for _ in range(3)]
    assert [one and one.about for one in taken] == [PIER, LIGHTHOUSE, None]


def test_what_was_done_makes_way_for_the_next(parked: ParkedMessages) -> None:
    park(parked, 1)
    park(parked, 2)
    first = parked.take_due(NOON, lease=LEASE)
    assert first is not None
    assert parked.take_due(NOON, lease=LEASE) is None
    parked.done(first.id)
    parked.done(first.id)
    second = parked.take_due(NOON, lease=LEASE)
    assert second is not None
    assert second.record.offset == 2


def test_what_failed_again_is_due_when_it_was_said(parked: ParkedMessages) -> None:
    park(parked, 1)
    first = parked.take_due(NOON, lease=LEASE)
    assert first is not None
    later = NOON + timedelta(hours=1)
    parked.failed(first.id, error="KeyError", at=NOON, due=later)
    assert parked.take_due(NOON + LEASE, lease=LEASE) is None
    again = parked.take_due(later, lease=LEASE)
    assert again is not None
    assert (again.error, again.attempts, again.first_at) == ("KeyError", 3, NOON)


def test_whoever_takes_a_record_and_dies_loses_nothing(parked: ParkedMessages) -> None:
    park(parked, 1)
    assert parked.take_due(NOON, lease=LEASE) is not None
    again = parked.take_due(NOON + LEASE, lease=LEASE)
    assert again is not None
    assert again.record.offset == 1


def test_a_record_that_is_asked_for_by_hand_is_the_first_of_its_job(
    parked: ParkedMessages,
) -> None:
    park(parked, 1, due=NOON + LEASE)
    park(parked, 2, due=NOON + LEASE)
    park(parked, 3, PIER, due=NOON + LEASE)
    second = parked.listed(10)[1]
    taken = parked.take(second.id, NOON, lease=LEASE)
    assert taken is not None
    assert taken.record.offset == 1
    assert parked.take(10_000, NOON, lease=LEASE) is None


def test_a_dropped_record_is_gone_and_the_next_is_due(parked: ParkedMessages) -> None:
    park(parked, 1, due=NOON + LEASE)
    park(parked, 2)
    first, _ = parked.listed(10)
    assert parked.drop(first.id)
    assert not parked.drop(first.id)
    due = parked.take_due(NOON, lease=LEASE)
    assert due is not None
    assert due.record.offset == 2


def test_one_job_fills_no_more_than_its_room(parked: ParkedMessages) -> None:
    for offset in range(PARKED_OF_ONE_MAX):
        park(parked, offset)
    with pytest.raises(ParkingFull):
        park(parked, PARKED_OF_ONE_MAX)
    # What is there already may come again, and others have room of their own.
    park(parked, 0)
    park(parked, 1_000, PIER)
    assert len(offsets(parked)) == PARKED_OF_ONE_MAX + 1


def test_a_record_beyond_any_report_is_not_kept(parked: ParkedMessages) -> None:
    park(parked, 1, value=b"x" * PARKED_SIZE_MAX_BYTES)
    with pytest.raises(ParkingFull):
        park(parked, 2, value=b"x" * (PARKED_SIZE_MAX_BYTES + 1))


def test_no_two_take_the_same_record(parked: ParkedMessages) -> None:
    for number in range(20):
        park(parked, number, uuid5(NAMES, str(number)))
    with ThreadPoolExecutor(4) as threads:
        taken = list(
            threads.map(lambda _: parked.take_due(NOON, lease=LEASE), range(25), timeout=30)
        )
    found = [one.record.offset for one in taken if one is not None]
    assert sorted(found) == list(range(20))
