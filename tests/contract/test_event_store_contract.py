"""What every event store promises commands."""

import threading
from collections.abc import Iterator
from uuid import uuid5

import pytest

from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.owner_turns import OwnerTurns
from commands.ports.event_store import ConcurrentChange, EventStore
from domain.kernel.personal_text import PersonalText
from tests.diary import ADA, DIARY_FORM, GRACE, Diary
from tests.diary_store import command, load_diary, open_diary, open_diary_store

NOTES = uuid5(ADA, "notes")
LETTERS = uuid5(ADA, "letters")
LOGBOOK = uuid5(GRACE, "logbook")


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


def test_what_was_saved_is_loaded(store: EventStore) -> None:
    open_diary(store, NOTES, ADA, "a lighthouse in fog")
    diary = load_diary(store, NOTES, ADA)
    assert (diary.version, diary.lines, diary.characters) == (2, 1, 19)
    assert not diary.unsaved


def test_the_first_event_comes_with_its_text_opened(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    with store.transaction(ADA) as transaction:
        opened = transaction.first_event(NOTES, ADA)
    assert isinstance(opened, Diary.Opened)
    assert opened.title == PersonalText("Notes on the engine")


def test_the_history_is_every_event_with_its_text(store: EventStore) -> None:
    open_diary(store, NOTES, ADA, "one", "two")
    with store.transaction(ADA) as transaction:
        _, *written = transaction.history(NOTES, ADA)
        assert [event.text for event in written if isinstance(event, Diary.LineWritten)] == [
            PersonalText("one"),
            PersonalText("two"),
        ]
        assert list(transaction.history(NOTES, GRACE)) == []
        assert list(transaction.history(LOGBOOK, GRACE)) == []


def test_where_an_event_lies_is_known_to_its_owner(store: EventStore) -> None:
    open_diary(store, LOGBOOK, GRACE, "fog")
    open_diary(store, NOTES, ADA, "one", "two")
    with store.transaction(ADA) as transaction:
        assert [transaction.position_of(NOTES, ADA, version) for version in (1, 2, 3)] == [3, 4, 5]
        assert transaction.position_of(NOTES, ADA, 4) is None
        assert transaction.position_of(LOGBOOK, ADA, 1) is None


def test_anothers_aggregate_looks_like_none(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    with store.transaction(GRACE) as transaction:
        assert transaction.load(NOTES, GRACE) is None
        assert transaction.first_event(NOTES, GRACE) is None
        assert transaction.load(LOGBOOK, GRACE) is None


def test_the_owner_of_an_aggregate_is_known(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    assert store.owner_of(NOTES) == ADA
    assert store.owner_of(LOGBOOK) is None


def test_a_command_is_remembered_with_its_position(store: EventStore) -> None:
    position = open_diary(store, NOTES, ADA, "one line")
    asked = command(ADA, f"open {NOTES}")
    with store.transaction(ADA) as transaction:
        answered = transaction.recorded(asked.key)
    assert answered is not None
    assert (answered.args_hmac, answered.result) == (asked.args_hmac, asked.result)
    assert answered.position == position


def test_a_key_is_looked_up_on_the_way_into_a_transaction(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    asked, another = command(ADA, f"open {NOTES}"), command(ADA, "another")
    with store.transaction(ADA, key=asked.key) as transaction:
        found = transaction.recorded(asked.key)
        assert transaction.recorded(another.key) is None
    with store.transaction(ADA, key=another.key) as transaction:
        assert transaction.recorded(another.key) is None
        assert transaction.recorded(asked.key) == found
    with store.transaction(GRACE, key=asked.key) as transaction:
        assert transaction.recorded(asked.key) is None
    assert found is not None
    assert (found.args_hmac, found.result, found.position) == (asked.args_hmac, asked.result, 1)


def test_what_is_loaded_ahead_is_what_would_have_been_loaded(store: EventStore) -> None:
    open_diary(store, NOTES, ADA, "one", "two")
    open_diary(store, LETTERS, ADA)
    open_diary(store, LOGBOOK, GRACE)
    with store.transaction(ADA) as transaction:
        mine = [(NOTES, ADA), (LETTERS, ADA), (LOGBOOK, ADA), (NOTES, ADA)]
        transaction.load_ahead([*mine, (LOGBOOK, GRACE)])
        notes, letters = transaction.load(NOTES, ADA), transaction.load(LETTERS, ADA)
        assert transaction.load(LOGBOOK, ADA) is None
        assert isinstance(notes, Diary)
        assert isinstance(letters, Diary)
        assert (notes.version, notes.lines, letters.version) == (3, 2, 1)
        notes.write("never saved")
        again = transaction.load(NOTES, ADA)
        assert isinstance(again, Diary)
        assert (again.version, again.lines) == (3, 2)
        logbook = transaction.load(LOGBOOK, GRACE)
        assert logbook is not None
        assert logbook.version == 1


def test_one_owners_key_says_nothing_to_another(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    with store.transaction(GRACE) as transaction:
        assert transaction.recorded(command(ADA, f"open {NOTES}").key) is None


def test_leaving_without_insert_leaves_nothing(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    with store.transaction(ADA) as transaction:
        diary = transaction.load(NOTES, ADA)
        assert isinstance(diary, Diary)
        diary.write("never saved")
    assert load_diary(store, NOTES, ADA).version == 1


def test_a_handler_that_raises_leaves_nothing(store: EventStore) -> None:
    def refuse() -> None:
        with store.transaction(ADA) as transaction:
            assert transaction.load(NOTES, ADA) is None
            raise LookupError("refused")

    with pytest.raises(LookupError):
        refuse()
    assert open_diary(store, NOTES, ADA) == 1


def test_positions_are_in_commit_order_over_all_owners(store: EventStore) -> None:
    assert open_diary(store, NOTES, ADA, "first") == 2
    assert open_diary(store, LOGBOOK, GRACE) == 3
    assert open_diary(store, LETTERS, ADA, "a", "b") == 6


def test_a_save_without_events_answers_the_current_position(store: EventStore) -> None:
    with store.transaction(ADA) as transaction:
        asked = command(ADA, "nothing to do")
        assert transaction.insert([], unchanged=[], command=asked) == 0
    open_diary(store, NOTES, ADA, "one line")
    with store.transaction(ADA) as transaction:
        asked = command(ADA, "still nothing to do")
        assert transaction.insert([], unchanged=[], command=asked) == 2


def test_a_decision_on_an_old_version_is_a_concurrent_change(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    early, late = load_diary(store, NOTES, ADA), load_diary(store, NOTES, ADA)
    early.write("first")
    late.write("second")
    with store.transaction(ADA) as transaction:
        transaction.insert(early.unsaved, unchanged=[], command=command(ADA, "early"))
    with pytest.raises(ConcurrentChange), store.transaction(ADA) as transaction:
        transaction.insert(late.unsaved, unchanged=[], command=command(ADA, "late"))
    assert load_diary(store, NOTES, ADA).lines == 1


def test_several_aggregates_are_saved_all_or_none(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    stale, letters = load_diary(store, NOTES, ADA), Diary.open(LETTERS, "Letters")
    fresh = load_diary(store, NOTES, ADA)
    fresh.write("first")
    with store.transaction(ADA) as transaction:
        transaction.insert(fresh.unsaved, unchanged=[], command=command(ADA, "fresh"))
    stale.write("too late")
    both = [*letters.unsaved, *stale.unsaved]
    with pytest.raises(ConcurrentChange), store.transaction(ADA) as transaction:
        transaction.insert(both, unchanged=[], command=command(ADA, "both"))
    with store.transaction(ADA) as transaction:
        assert transaction.load(LETTERS, ADA) is None
        assert transaction.recorded(command(ADA, "both").key) is None


def test_an_aggregate_named_unchanged_must_still_be_current(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    letters = Diary.open(LETTERS, "Letters")
    notes = load_diary(store, NOTES, ADA)
    notes.write("moves on")
    with store.transaction(ADA) as transaction:
        transaction.insert(notes.unsaved, unchanged=[], command=command(ADA, "write"))
    with pytest.raises(ConcurrentChange), store.transaction(ADA) as transaction:
        transaction.insert(letters.unsaved, unchanged=[(NOTES, 1)], command=command(ADA, "stale"))
    with store.transaction(ADA) as transaction:
        transaction.insert(letters.unsaved, unchanged=[(NOTES, 2)], command=command(ADA, "current"))
    assert load_diary(store, LETTERS, ADA).version == 1


def test_a_key_is_taken_once(store: EventStore) -> None:
    with store.transaction(ADA) as transaction:
        transaction.insert([], unchanged=[], command=command(ADA, "same key"))
    notes = Diary.open(NOTES, "Notes")
    with pytest.raises(ConcurrentChange), store.transaction(ADA) as transaction:
        transaction.insert(notes.unsaved, unchanged=[], command=command(ADA, "same key"))
    with store.transaction(ADA) as transaction:
        assert transaction.load(NOTES, ADA) is None


def test_a_transaction_inserts_once(store: EventStore) -> None:
    with store.transaction(ADA) as transaction:
        transaction.insert([], unchanged=[], command=command(ADA, "first"))
        with pytest.raises(RuntimeError, match="once"):
            transaction.insert([], unchanged=[], command=command(ADA, "second"))


def test_the_owners_lock_orders_one_owners_commands(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)
    begun, waiting = threading.Event(), threading.Event()
    seen: list[int] = []

    def second() -> None:
        begun.wait()
        waiting.set()
        seen.append(load_diary(store, NOTES, ADA).lines)

    thread = threading.Thread(target=second)
    thread.start()
    with store.transaction(ADA) as transaction:
        begun.set()
        waiting.wait()
        diary = transaction.load(NOTES, ADA)
        assert isinstance(diary, Diary)
        # Another owner is not kept waiting.
        open_diary(store, LOGBOOK, GRACE)
        diary.write("while the other waits")
        assert seen == []
        transaction.insert(diary.unsaved, unchanged=[], command=command(ADA, "write"))
    thread.join(timeout=10)
    assert seen == [1]


@pytest.mark.parametrize("turns", [OwnerTurns(waiting_max=100, wait_max_s=60.0)])
def test_a_hundred_parallel_writes_all_count(store: EventStore) -> None:
    open_diary(store, NOTES, ADA)

    def write(number: int) -> None:
        with store.transaction(ADA) as transaction:
            diary = transaction.load(NOTES, ADA)
            assert isinstance(diary, Diary)
            diary.write("x")
            asked = command(ADA, f"write {number}")
            transaction.insert(diary.unsaved, unchanged=[], command=asked)

    threads = [threading.Thread(target=write, args=[number]) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load_diary(store, NOTES, ADA).lines == 100
