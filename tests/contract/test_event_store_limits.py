"""What no store takes, and how long an owner's commands wait: the same for every store."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid5

import psycopg
import pytest

from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.owner_turns import OwnerTurns
from adapters.event_store.store import owner_lock
from commands.ports.event_store import (
    EVENTS_PER_SAVE_MAX,
    OWNER_WAITING_MAX,
    ConcurrentChange,
    EventStore,
    OwnerBusy,
    TooManyEvents,
)
from domain.kernel.stored_form import STORED_EVENT_SIZE_MAX_BYTES, EventNotStorable
from tests.diary import ADA, DIARY_FORM, GRACE, Diary
from tests.diary_store import command, load_diary, open_diary, open_diary_store

NOTES = uuid5(ADA, "notes")
LETTERS = uuid5(ADA, "letters")
LOGBOOK = uuid5(GRACE, "logbook")
PATIENCE_S = 10.0


@pytest.fixture
def turns() -> OwnerTurns:
    """Owners' turns as they ship."""
    return OwnerTurns()


@pytest.fixture(params=["in_memory", "postgres"])
def store(request: pytest.FixtureRequest, turns: OwnerTurns) -> Iterator[EventStore]:
    if request.param == "in_memory":
        yield InMemoryEventStore(DIARY_FORM, turns=turns)
    else:
        with open_diary_store(request.getfixturevalue("database"), turns=turns) as on_postgres:
            yield on_postgres


def _written(lines: int) -> Diary:
    """A new diary in which `lines` events follow the first."""
    diary = Diary.open(NOTES, "Notes on the engine")
    for _ in range(lines):
        diary.write("x")
    return diary


def _is_refused(store: EventStore, diary: Diary, error: type[Exception]) -> None:
    with pytest.raises(error), store.transaction(ADA) as transaction:
        transaction.insert(diary.unsaved, unchanged=[], command=command(ADA, "refused"))
    with store.transaction(ADA) as transaction:
        assert transaction.load(NOTES, ADA) is None
        assert transaction.recorded(command(ADA, "refused").key) is None


def test_more_events_than_one_save_takes_are_refused_and_leave_nothing(store: EventStore) -> None:
    _is_refused(store, _written(EVENTS_PER_SAVE_MAX), TooManyEvents)
    assert issubclass(TooManyEvents, EventNotStorable)


def test_an_event_that_is_too_large_is_refused_and_leaves_nothing(store: EventStore) -> None:
    diary = _written(1)
    diary.write("fog " * STORED_EVENT_SIZE_MAX_BYTES)
    _is_refused(store, diary, EventNotStorable)


def test_a_gap_in_an_aggregates_versions_is_refused(store: EventStore) -> None:
    early, _, late = _written(2).unsaved
    with pytest.raises(EventNotStorable), store.transaction(ADA) as transaction:
        transaction.insert([early, late], unchanged=[], command=command(ADA, "gap"))
    with store.transaction(ADA) as transaction:
        assert transaction.load(NOTES, ADA) is None


def test_another_owners_aggregate_is_refused(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    diary = load_diary(store, NOTES, ADA)
    diary.write("by Grace")
    with pytest.raises(EventNotStorable), store.transaction(GRACE) as transaction:
        transaction.insert(diary.unsaved, unchanged=[], command=command(GRACE, "foreign"))
    assert load_diary(store, NOTES, ADA).lines == 0


@pytest.mark.parametrize("version", [0, 1])
def test_an_aggregate_that_does_not_exist_is_never_unchanged(
    store: EventStore, version: int
) -> None:
    with pytest.raises(ConcurrentChange), store.transaction(ADA) as transaction:
        transaction.insert(
            _written(0).unsaved, unchanged=[(LETTERS, version)], command=command(ADA, "absent")
        )


class Queue:
    """Commands of one owner, each in a thread of its own, that wait behind one at work."""

    def __init__(self, store: EventStore, turns: OwnerTurns) -> None:
        self._store = store
        self._turns = turns
        self._threads: list[threading.Thread] = []
        self.served: list[int] = []
        self.refused: list[OwnerBusy] = []

    def join(self, number: int) -> None:
        """One more waits, or is refused: this returns when it does either."""
        before = self._turns.waiting(ADA) + len(self.refused)
        thread = threading.Thread(target=self._wait, args=[number])
        thread.start()
        self._threads.append(thread)
        while self._turns.waiting(ADA) + len(self.refused) == before:
            threading.Event().wait(0.001)

    def end(self) -> None:
        """Everybody has had their turn or has given up."""
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def _wait(self, number: int) -> None:
        try:
            with self._store.transaction(ADA):
                self.served.append(number)
        except OwnerBusy as busy:
            self.refused.append(busy)


def test_an_owners_commands_are_served_in_the_order_in_which_they_came(
    store: EventStore, turns: OwnerTurns
) -> None:
    queue = Queue(store, turns)
    with store.transaction(ADA):
        for number in range(OWNER_WAITING_MAX):
            queue.join(number)
        assert queue.served == []
    queue.end()
    assert queue.served == list(range(OWNER_WAITING_MAX))


def test_one_more_than_may_wait_is_told_when_to_come_again(
    store: EventStore, turns: OwnerTurns
) -> None:
    queue = Queue(store, turns)
    with store.transaction(ADA):
        for number in range(OWNER_WAITING_MAX + 1):
            queue.join(number)
        [busy] = queue.refused
        assert busy.retry_after_s > 0
    queue.end()
    assert queue.served == list(range(OWNER_WAITING_MAX))


@pytest.mark.parametrize("turns", [OwnerTurns(wait_max_s=0.02)])
def test_whoever_has_waited_too_long_gives_up_and_keeps_nobody_waiting(
    store: EventStore, turns: OwnerTurns
) -> None:
    with store.transaction(ADA):
        with pytest.raises(OwnerBusy), store.transaction(ADA):
            raise AssertionError("never reached")
        assert turns.waiting(ADA) == 0
        with store.transaction(GRACE):
            pass
    with store.transaction(ADA):
        pass


def test_a_command_that_raises_passes_its_turn_on(store: EventStore) -> None:
    with pytest.raises(LookupError), store.transaction(ADA):
        raise LookupError
    with store.transaction(ADA):
        pass


def test_an_owner_who_waits_holds_no_connection(database: str) -> None:
    turns = OwnerTurns()
    with open_diary_store(database, connections_max=2, turns=turns) as store:
        queue = Queue(store, turns)
        with store.transaction(ADA):
            for number in range(OWNER_WAITING_MAX):
                queue.join(number)
            # One of the two connections is Ada's; were hers that wait to hold the other, this hung.
            assert open_diary(store, LOGBOOK, GRACE) == 1
        queue.end()


def test_an_owner_at_work_in_another_process_is_busy_too(
    database: str, admin_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.event_store.store.OWNER_LOCK_TIMEOUT_MS", 20)
    with ExitStack() as stack:
        store = stack.enter_context(open_diary_store(database))
        elsewhere = stack.enter_context(psycopg.connect(admin_database))
        elsewhere.execute("SELECT pg_advisory_xact_lock(%s)", [owner_lock(ADA)])
        with pytest.raises(OwnerBusy), store.transaction(ADA):
            raise AssertionError("never reached")
        elsewhere.rollback()
        open_diary(store, NOTES, ADA)


def test_the_table_is_waited_for_as_long_as_before(database: str) -> None:
    with open_diary_store(database) as store, store.transaction(ADA) as transaction:
        row = transaction._connection.execute("SHOW lock_timeout").fetchone()  # type: ignore[attr-defined]
        assert row == ("20s",)
