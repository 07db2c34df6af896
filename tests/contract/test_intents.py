"""What every store of intents promises executors, and the one process that writes them."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest

from adapters.event_store.positions import ReaderLost, claim_reader
from adapters.intents.in_memory import InMemoryIntents
from adapters.intents.postgres import open_intents
from adapters.intents.tail import ReaderIntents
from adapters.postgres.connect import connect
from commands.ports.intents import (
    PLACES_PER_OWNER,
    PLACES_PER_OWNER_MAX,
    WHEN_WOKEN,
    Intent,
    IntentStore,
    IntentTail,
    Lease,
    NoPlace,
    Over,
    Place,
)
from domain.kernel.identity import SYSTEM

ADA = uuid5(SYSTEM, "Ada")
GRACE = uuid5(SYSTEM, "Grace")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def later(**duration: float) -> datetime:
    """Some time after noon, in the words of `timedelta`."""
    return NOON + timedelta(**duration)


def intent(name: str, owner: UUID = ADA, **fields: Any) -> Intent:
    """Something that is due at noon, unless `fields` say otherwise."""
    given: dict[str, Any] = {
        "intent_id": uuid5(owner, name),
        "owner_id": owner,
        "cause_position": 1,
        "reaction": "lamp-is-lit",
        "target": name,
        "payload": b'{"name":"light-lamp","fields":{}}',
        "created_at": NOON,
        "next_try_at": NOON,
    }
    return Intent(**{**given, **fields})


class Both:
    """A store, and the tail that writes into it."""

    def __init__(self, store: IntentStore, tail: IntentTail) -> None:
        self.store = store
        self.tail = tail

    def given(self, *intents: Intent) -> None:
        """Intents that were written before."""
        self.tail.record(intents, read_to=1, now=NOON)

    def claimed(self, at: datetime = NOON) -> Lease:
        """What an executor gets, which has to be something."""
        lease = self.store.claim(now=at, leased_until=at + LEASE)
        assert lease is not None
        return lease

    def names_claimed(self, at: datetime = NOON) -> list[str]:
        """Everything that executors get that stand in a row, by target."""
        leases = []
        while lease := self.store.claim(now=at, leased_until=at + LEASE):
            leases.append(lease.intent.target)
        return leases

    def done_in_order(self, at: datetime = NOON) -> list[str]:
        """Everything that one executor does until there is nothing left, by target."""
        done = []
        while lease := self.store.claim(now=at, leased_until=at + LEASE):
            done.append(lease.intent.target)
            self.store.finish(lease, outcome="done", now=at)
        return done


@pytest.fixture(params=["in_memory", "postgres"])
def intents(request: pytest.FixtureRequest) -> Iterator[Both]:
    if request.param == "in_memory":
        kept = InMemoryIntents()
        yield Both(kept, kept)
        return
    database = request.getfixturevalue("database")
    with ExitStack() as stack:
        store = stack.enter_context(open_intents(database, connections_max=4))
        reader = stack.enter_context(claim_reader(database, "reactor", wait_s=1, role="writer"))
        yield Both(store, ReaderIntents(reader))


def test_an_intent_comes_back_as_it_was_written(intents: Both) -> None:
    written = intent("lens", cause_position=7, next_try_at=later(seconds=-1))
    intents.given(written)
    assert intents.claimed().intent == written


def test_nothing_is_claimed_where_nothing_is_due(intents: Both) -> None:
    assert intents.names_claimed() == []
    intents.given(intent("lens", next_try_at=later(seconds=1)))
    assert intents.names_claimed() == []
    assert intents.names_claimed(later(seconds=1)) == ["lens"]


def test_the_position_is_written_with_the_intents_and_never_goes_back(intents: Both) -> None:
    assert intents.tail.position() == 0
    intents.tail.record([intent("lens")], read_to=7, now=NOON)
    intents.tail.record([], read_to=5, now=NOON)
    assert intents.tail.position() == 7


def test_an_adoption_leaves_the_position_and_is_over_once_it_is_said_so(intents: Both) -> None:
    intents.tail.record([], read_to=7, now=NOON)
    assert not intents.tail.adopted()
    intents.tail.adopt([intent("lens"), intent("wick", outcome="done-before")])
    assert not intents.tail.adopted()
    intents.tail.end_adoption()
    intents.tail.end_adoption()
    assert intents.tail.adopted()
    assert intents.tail.position() == 7
    assert intents.done_in_order() == ["lens"]


def test_an_intent_that_is_known_stays_as_it_is(intents: Both) -> None:
    intents.given(intent("lens"))
    assert intents.done_in_order() == ["lens"]
    intents.given(intent("lens", next_try_at=later(days=-1)), intent("wick"))
    assert intents.done_in_order() == ["wick"]


def test_what_was_done_before_it_was_written_is_never_claimed(intents: Both) -> None:
    intents.given(intent("lens", outcome="adopted"), intent("wick"))
    assert intents.done_in_order() == ["wick"]
    state = intents.store.find(intent("lens").intent_id)
    assert state is not None
    assert (state.done_at, state.intent.outcome) == (NOON, "adopted")


def test_one_owners_intents_are_leased_one_at_a_time_and_others_beside_them(
    intents: Both,
) -> None:
    intents.given(intent("lens"), intent("wick"), intent("sail", GRACE))
    assert sorted(intents.names_claimed()) == ["lens", "sail"]


def test_one_owners_intents_are_done_in_the_order_in_which_they_are_due(intents: Both) -> None:
    intents.given(intent("second"), intent("third"), intent("first", next_try_at=later(seconds=-1)))
    assert intents.done_in_order() == ["first", "second", "third"]


def test_owners_take_turns_however_much_one_of_them_has(intents: Both) -> None:
    intents.given(*(intent(f"lamp {number}") for number in range(5)))
    intents.given(intent("sail", GRACE, next_try_at=later(seconds=1)))
    assert "sail" in intents.done_in_order(later(seconds=2))[:2]


def test_a_lease_that_ran_out_counts_as_none(intents: Both) -> None:
    intents.given(intent("lens"))
    first = intents.claimed()
    assert intents.names_claimed(later(seconds=59)) == []
    second = intents.claimed(later(seconds=60))
    assert second.intent == first.intent
    assert second.lease_id != first.lease_id


def test_a_lease_is_held_for_longer(intents: Both) -> None:
    intents.given(intent("lens"))
    intents.store.renew(intents.claimed(), leased_until=later(seconds=120))
    assert intents.names_claimed(later(seconds=119)) == []


def test_a_lost_lease_cannot_be_held(intents: Both) -> None:
    intents.given(intent("lens"))
    lost = intents.claimed()
    intents.claimed(later(seconds=60))
    intents.store.renew(lost, leased_until=later(days=1))
    assert intents.names_claimed(later(seconds=120)) == ["lens"]


def test_done_is_done(intents: Both) -> None:
    intents.given(intent("lens"))
    lease = intents.claimed()
    intents.store.finish(lease, outcome="refused:JOB_ENDED", now=later(seconds=1))
    assert intents.names_claimed(later(days=365)) == []
    state = intents.store.find(lease.intent.intent_id)
    assert state is not None
    assert state.done_at == later(seconds=1)
    assert state.intent.outcome == "refused:JOB_ENDED"


def test_what_was_done_after_the_lease_was_lost_is_done_all_the_same(intents: Both) -> None:
    intents.given(intent("lens"))
    slow, quick = intents.claimed(), intents.claimed(later(seconds=60))
    intents.store.finish(slow, outcome="done", now=later(seconds=61))
    intents.store.finish(quick, outcome="refused:LATE", now=later(seconds=62))
    state = intents.store.find(slow.intent.intent_id)
    assert state is not None
    assert (state.done_at, state.intent.outcome) == (later(seconds=61), "done")
    assert intents.names_claimed(later(days=1)) == []


def test_what_follows_is_written_with_the_mark(intents: Both) -> None:
    intents.given(intent("event"))
    intents.store.finish(
        intents.claimed(), outcome="done", now=NOON, then=[intent("lens"), intent("wick")]
    )
    assert intents.done_in_order() == ["lens", "wick"]


def test_not_yet_is_no_failure(intents: Both) -> None:
    intents.given(intent("lens"), intent("wick"))
    intents.store.postpone(intents.claimed(), until=later(minutes=10), now=NOON)
    assert intents.done_in_order(later(minutes=9)) == ["wick"]
    assert intents.claimed(later(minutes=10)).intent.attempts == 0


def test_a_failure_is_counted_and_holds_nobody_up(intents: Both) -> None:
    intents.given(intent("lens"), intent("wick"), intent("sail", GRACE))
    lease = intents.claimed()
    intents.store.fail(lease, error="LampBroken", retry_at=later(seconds=1), now=NOON, parked=False)
    assert sorted(intents.done_in_order()) == sorted(
        {"lens", "wick", "sail"} - {lease.intent.target}
    )
    again = intents.claimed(later(seconds=1))
    assert (again.intent.target, again.intent.attempts) == (lease.intent.target, 1)
    state = intents.store.find(again.intent.intent_id)
    assert state is not None
    assert (state.last_error, state.parked_at) == ("LampBroken", None)


def test_who_lost_the_lease_changes_nothing(intents: Both) -> None:
    intents.given(intent("lens"))
    lost, held = intents.claimed(), intents.claimed(later(seconds=60))
    intents.store.fail(
        lost, error="LampBroken", retry_at=later(days=9), now=later(seconds=61), parked=True
    )
    intents.store.postpone(lost, until=later(days=9), now=later(seconds=61))
    assert intents.names_claimed(later(seconds=119)) == []
    state = intents.store.find(held.intent.intent_id)
    assert state is not None
    assert (state.intent, state.parked_at) == (intent("lens"), None)


def test_a_parked_intent_is_shown_and_tried_nevertheless(intents: Both) -> None:
    intents.given(intent("lens"), intent("wick"))
    for number in range(2):
        lease = intents.claimed(later(minutes=number))
        intents.store.fail(
            lease,
            error="LampBroken",
            retry_at=later(hours=1),
            now=later(minutes=number),
            parked=True,
        )
    shown = intents.store.parked(10)
    assert [state.intent.target for state in shown] == ["lens", "wick"]
    assert [state.parked_at for state in shown] == [NOON, later(minutes=1)]
    assert len(intents.store.parked(1)) == 1
    assert intents.done_in_order(later(hours=1)) == ["lens", "wick"]
    assert intents.store.parked(10) == ()


def test_a_parked_intent_is_tried_at_once_where_somebody_asks_for_it(intents: Both) -> None:
    intents.given(intent("lens"))
    lease = intents.claimed()
    intents.store.fail(lease, error="LampBroken", retry_at=later(hours=1), now=NOON, parked=True)
    assert intents.store.retry(lease.intent.intent_id, now=later(minutes=1))
    assert intents.store.parked(10) == ()
    assert intents.claimed(later(minutes=1)).intent.attempts == 0
    assert not intents.store.retry(uuid5(ADA, "nothing"), now=NOON)


def test_a_dropped_intent_is_never_tried_again(intents: Both) -> None:
    intents.given(intent("lens"), intent("wick"))
    assert intents.store.drop(intent("lens").intent_id, now=NOON)
    assert not intents.store.drop(intent("lens").intent_id, now=NOON)
    assert not intents.store.retry(intent("lens").intent_id, now=NOON)
    assert intents.done_in_order(later(days=1)) == ["wick"]
    assert intents.store.next_try_at() is None


def test_what_waits_to_be_woken_waits_for_ever(intents: Both) -> None:
    intents.given(intent("lens", reaction="unread", next_try_at=WHEN_WOKEN), intent("wick"))
    assert intents.done_in_order(later(days=3_650)) == ["wick"]
    assert intents.store.next_try_at() == WHEN_WOKEN
    assert intents.store.wake("unread", now=later(days=1)) == 1
    assert intents.store.wake("heard", now=later(days=1)) == 0
    assert intents.store.next_try_at() == later(days=1)
    assert intents.done_in_order(later(days=1)) == ["lens"]


def test_the_next_time_to_look_is_known(intents: Both) -> None:
    assert intents.store.next_try_at() is None
    intents.given(intent("lens", next_try_at=later(hours=2)))
    intents.given(intent("sail", GRACE, next_try_at=later(hours=1)))
    assert intents.store.next_try_at() == later(hours=1)


def test_old_intents_are_forgotten_in_batches_once_they_are_done(intents: Both) -> None:
    intents.given(*(intent(f"lamp {number}") for number in range(3)))
    intents.given(intent("sail", GRACE, next_try_at=later(days=400)))
    intents.done_in_order(NOON)
    assert intents.store.forget_done(done_before=NOON, limit=10) == 0
    assert intents.store.forget_done(done_before=later(seconds=1), limit=2) == 2
    assert intents.store.forget_done(done_before=later(seconds=1), limit=2) == 1
    assert intents.store.find(intent("lamp 0").intent_id) is None
    assert intents.names_claimed(later(days=400)) == ["sail"]


def test_whoever_lost_the_readers_name_writes_no_intent(database: str, admin_database: str) -> None:
    with (
        open_intents(database, connections_max=2) as store,
        claim_reader(database, "reactor", wait_s=1, role="writer") as deposed,
    ):
        with psycopg.connect(admin_database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE application_name LIKE 'reader reactor%' "
                "AND datname = current_database()"
            )
        with pytest.raises(ReaderLost):
            ReaderIntents(deposed).record([intent("lens")], read_to=1, now=NOON)
        assert store.find(intent("lens").intent_id) is None


@pytest.mark.parametrize("role", ["projector", "reader", "topics", "vault"])
def test_no_other_role_sees_or_writes_intents(database: str, role: Any) -> None:
    for statement in (b"SELECT payload FROM events.intents", b"DELETE FROM events.turns"):
        with (
            connect(database, role) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def queued(name: str, owner: UUID = ADA, **fields: Any) -> Intent:
    """Something that needs a place in the queue of lamps."""
    return intent(name, owner, **{"queue": "lamps", **fields})


class Queue:
    """Executors that take places for whatever is due."""

    def __init__(self, intents: Both) -> None:
        self._intents = intents

    def placed(self, at: datetime = NOON) -> list[str]:
        """Everything that is due takes a place, or waits. Answers who has one, by target."""
        found = []
        while lease := self._intents.store.claim(now=at, leased_until=at + LEASE):
            one = lease.intent
            place = self._intents.store.take_place(one.intent_id, one.owner_id)
            if isinstance(place, Place):
                self._intents.store.note_announced(one.intent_id, at=at)
                self._intents.store.postpone(lease, until=at + timedelta(minutes=10), now=at)
                found.append(one.target)
            elif place is NoPlace.WAITS:
                self._intents.store.release(lease, now=at)
            else:
                self._intents.store.finish(lease, outcome="late", now=at)
        return found

    def over(self, *targets: str, owner: UUID = ADA, at: datetime = NOON, before: int = 9) -> None:
        """These have come to their end."""
        ended = [Over(owner, target, before) for target in targets]
        self._intents.tail.record([], read_to=9, now=at, over=ended)


@pytest.fixture
def queue(intents: Both) -> Queue:
    return Queue(intents)


def test_so_many_of_one_owner_have_a_place_and_the_rest_wait(intents: Both, queue: Queue) -> None:
    names = [f"lamp {number}" for number in range(PLACES_PER_OWNER + 2)]
    intents.given(*(queued(name) for name in names))
    assert queue.placed() == names[:PLACES_PER_OWNER]
    # Nobody looks at those that wait, however long.
    assert intents.names_claimed(later(minutes=9)) == []


def test_places_are_counted_by_owner_and_by_queue(intents: Both, queue: Queue) -> None:
    intents.given(*(queued(f"lamp {number}") for number in range(PLACES_PER_OWNER + 1)))
    intents.given(queued("sail", GRACE), queued("lens", queue="lenses"), intent("wick"))
    placed = queue.placed()
    assert {"sail", "lens", "wick"} <= set(placed)
    assert len(placed) == PLACES_PER_OWNER + 3


def test_what_is_over_makes_room_for_who_waited_longest(intents: Both, queue: Queue) -> None:
    names = [f"lamp {number}" for number in range(PLACES_PER_OWNER + 3)]
    intents.given(*(queued(name) for name in names))
    queue.placed()
    queue.over("lamp 1", "lamp 2", at=later(minutes=1))
    assert queue.placed(later(minutes=1)) == names[PLACES_PER_OWNER : PLACES_PER_OWNER + 2]
    assert queue.placed(later(minutes=2)) == []


def test_who_waits_and_is_over_frees_no_place(intents: Both, queue: Queue) -> None:
    names = [f"lamp {number}" for number in range(PLACES_PER_OWNER + 2)]
    intents.given(*(queued(name) for name in names))
    queue.placed()
    queue.over(names[-2], at=later(minutes=1))
    assert queue.placed(later(minutes=1)) == []
    queue.over(names[0], at=later(minutes=2))
    assert queue.placed(later(minutes=2)) == names[-1:]


def test_a_place_is_not_lost_with_who_was_woken_for_it(intents: Both, queue: Queue) -> None:
    names = [f"lamp {number}" for number in range(PLACES_PER_OWNER + 2)]
    intents.given(*(queued(name) for name in names))
    queue.placed()
    queue.over(names[0], at=later(minutes=1))
    # It was its turn, and it ends before it took its place.
    queue.over(names[-2], at=later(minutes=1))
    assert queue.placed(later(minutes=1)) == names[-1:]


def test_only_what_was_wanted_before_is_over(intents: Both, queue: Queue) -> None:
    """A later want has the same target: the next attempt, the next photo set."""
    intents.given(
        queued("old", target="lamp", cause_position=3),
        queued("new", target="lamp", cause_position=5),
    )
    queue.over("lamp", before=5)
    assert intents.claimed().intent.cause_position == 5


def test_what_needs_no_place_is_never_over(intents: Both, queue: Queue) -> None:
    intents.given(intent("lens"))
    queue.over("lens")
    assert intents.done_in_order() == ["lens"]


def test_a_place_is_kept_and_when_it_was_announced_is_known(intents: Both, queue: Queue) -> None:
    lens = queued("lens")
    intents.given(lens)
    lease = intents.claimed()
    assert intents.store.take_place(lens.intent_id, ADA) == Place(None, turn=1)
    assert intents.store.take_place(lens.intent_id, ADA) == Place(None, turn=1)
    intents.store.note_announced(lens.intent_id, at=later(seconds=1))
    assert intents.store.take_place(lens.intent_id, ADA) == Place(later(seconds=1), turn=1)
    queue.over("lens")
    assert intents.store.take_place(lens.intent_id, ADA) is NoPlace.OVER
    intents.store.postpone(lease, until=later(hours=1), now=NOON)
    assert intents.names_claimed(later(days=1)) == []


def test_nobody_waits_who_was_woken_between_asking_and_letting_go(
    intents: Both, queue: Queue
) -> None:
    names = [f"lamp {number}" for number in range(PLACES_PER_OWNER)]
    intents.given(*(queued(name) for name in names))
    queue.placed()
    intents.given(queued("late", next_try_at=later(seconds=1)))
    lease = intents.claimed(later(seconds=1))
    assert intents.store.take_place(lease.intent.intent_id, ADA) is NoPlace.WAITS
    queue.over(names[0], at=later(seconds=2))
    intents.store.release(lease, now=later(seconds=3))
    assert queue.placed(later(seconds=3)) == ["late"]


def test_a_place_is_free_once_its_intent_is_done_or_dropped(intents: Both, queue: Queue) -> None:
    names = [f"lamp {number}" for number in range(PLACES_PER_OWNER + 2)]
    intents.given(*(queued(name) for name in names))
    queue.placed()
    assert intents.store.drop(queued(names[0]).intent_id, now=later(minutes=1))
    assert queue.placed(later(minutes=1)) == [names[-2]]
    lease = intents.claimed(later(minutes=10))
    intents.store.finish(lease, outcome="done", now=later(minutes=10))
    assert names[-1] in queue.placed(later(minutes=10))


def in_line(count: int) -> tuple[list[str], list[Intent]]:
    """So many that want a place, in the order of their causes; and their names."""
    names = [f"lamp {number}" for number in range(count)]
    return names, [queued(name, cause_position=at) for at, name in enumerate(names, start=1)]


def test_who_takes_an_earlier_turn_has_a_place_before_those_that_have_one(
    intents: Both, queue: Queue
) -> None:
    names, wanted = in_line(PLACES_PER_OWNER + 3)
    intents.given(*wanted)
    queue.placed()
    intents.store.take_turn(ADA, names[-1], 1, now=NOON)
    intents.store.take_turn(ADA, names[0], len(names), now=NOON)
    assert queue.placed() == [names[-1]]
    [moved] = [one for one in wanted if one.target == names[-1]]
    assert intents.store.take_place(moved.intent_id, ADA) == Place(NOON, turn=1)
    # Of the others each comes in once fewer than the places there are come before it.
    queue.over(names[-1], at=later(minutes=1))
    assert queue.placed(later(minutes=1)) == [names[PLACES_PER_OWNER]]
    queue.over(names[1], at=later(minutes=2))
    assert queue.placed(later(minutes=2)) == [names[PLACES_PER_OWNER + 1]]


def test_who_only_takes_turns_fills_no_queue(intents: Both, queue: Queue) -> None:
    names, wanted = in_line(5 * PLACES_PER_OWNER)
    intents.given(*(replace(one, cause_position=100 + one.cause_position) for one in wanted))
    placed = queue.placed()
    for turn, name in enumerate(reversed(names[PLACES_PER_OWNER:])):
        intents.store.take_turn(ADA, name, 100 - turn, now=NOON)
        placed += queue.placed()
    assert len(placed) == PLACES_PER_OWNER_MAX
    # The next place is that of whose turn it is.
    queue.over(placed[0], at=later(minutes=1), before=200)
    assert queue.placed(later(minutes=1)) == [names[PLACES_PER_OWNER]]


def test_a_turn_is_of_what_waits_for_that_target_and_of_that_owner(
    intents: Both, queue: Queue
) -> None:
    names, wanted = in_line(PLACES_PER_OWNER + 1)
    intents.given(*wanted, queued(names[-1], GRACE, cause_position=9), intent("wick"))
    queue.placed()
    intents.store.take_turn(GRACE, names[-1], 1, now=NOON)
    intents.store.take_turn(ADA, "wick", 1, now=NOON)
    intents.store.take_turn(ADA, "nothing", 1, now=NOON)
    assert queue.placed() == []
    queue.over(names[-1])
    intents.store.take_turn(ADA, names[-1], 1, now=NOON)
    assert queue.placed() == []
