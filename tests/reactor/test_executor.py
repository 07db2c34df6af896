"""An intent is carried out until it is done, then never again; none holds up another."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

import pytest

from adapters.intents.in_memory import InMemoryIntents
from commands.jobs.fail_job import FailJob
from commands.ports.intents import Intent, IntentState
from commands.reactions.wanted_form import encode_wanted
from domain.job_state import JobFailure
from domain.refusals import JobEnded
from processes.reactor.executor import PACE, Executor
from processes.reactor.outcome import Done, NotYet, Outcome
from tests.commands.studio_spec import ADA, GRACE, MONDAY, StoppedClock


class Deed:
    """Does what a test says, and keeps a list of the intents that it was called for."""

    def __init__(self) -> None:
        self.called: list[UUID] = []
        self.answer: Callable[[UUID], Outcome] = lambda key: Done()

    def carry_out(self, wanted: object, owner_id: UUID, key: UUID) -> Outcome:
        """See `Deeds.carry_out`."""
        self.called.append(key)
        return self.answer(key)


class Bench:
    """One executor, its clock and its table."""

    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.intents = InMemoryIntents()
        self.deed = Deed()
        self.executor = Executor(self.intents, self.deed, self.clock)

    def given(self, name: str, owner: UUID = ADA, **fields: Any) -> UUID:
        """An intent that is due."""
        key = uuid5(owner, name)
        wanted = encode_wanted(FailJob(key, JobFailure.DEADLINE_PASSED))
        given = {"payload": wanted, "created_at": MONDAY, "next_try_at": MONDAY, **fields}
        self.intents.record([Intent(key, owner, 1, "test", name, **given)], read_to=1, now=MONDAY)
        return key

    def works(self) -> None:
        """Until nothing is due."""
        while self.executor.carry_out_next():
            continue

    def state(self, key: UUID) -> IntentState:
        """How an intent stands."""
        found = self.intents.find(key)
        assert found is not None
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


def raising(error: Exception) -> Callable[[UUID], Outcome]:
    """A deed that fails."""

    def fail(key: UUID) -> Outcome:
        raise error

    return fail


def test_what_is_done_is_never_done_again(bench: Bench) -> None:
    lens = bench.given("lens")
    bench.works()
    bench.clock.pass_by(days=365)
    bench.works()
    assert bench.deed.called == [lens]
    assert bench.state(lens).intent.outcome == "done"


def test_a_refusal_ends_an_intent_and_says_so(bench: Bench) -> None:
    lens = bench.given("lens")
    bench.deed.answer = raising(JobEnded("failed"))
    bench.works()
    bench.clock.pass_by(days=365)
    bench.works()
    assert bench.deed.called == [lens]
    assert bench.state(lens).intent.outcome == "refused:JOB_ENDED"


def test_not_yet_is_tried_again_when_it_says_and_is_no_failure(bench: Bench) -> None:
    lens = bench.given("lens")
    bench.deed.answer = lambda key: NotYet(MONDAY + timedelta(hours=3))
    bench.works()
    bench.clock.pass_by(hours=2, minutes=59)
    bench.works()
    assert bench.deed.called == [lens]
    assert bench.state(lens).intent.attempts == 0
    bench.clock.pass_by(minutes=1)
    bench.works()
    assert bench.deed.called == [lens, lens]


def test_a_failure_is_tried_again_ever_later_and_never_given_up(bench: Bench) -> None:
    lens = bench.given("lens")
    bench.deed.answer = raising(ConnectionError("whose address is nobody's business"))
    tried_after_s: list[float] = []
    for _ in range(16):
        bench.works()
        tried_after_s.append((bench.clock.at - MONDAY).total_seconds())
        bench.clock.at = bench.state(lens).intent.next_try_at
    waited_s = [after - before for before, after in pairwise(tried_after_s)]
    assert waited_s[:12] == [2.0**n for n in range(12)]
    assert set(waited_s[12:]) == {3_600.0}
    assert bench.state(lens).last_error == "ConnectionError"
    assert bench.state(lens).done_at is None


def test_it_is_shown_as_parked_once_it_is_tried_at_the_slowest_pace(bench: Bench) -> None:
    lens = bench.given("lens")
    bench.deed.answer = raising(ConnectionError())
    for _ in range(12):
        bench.works()
        bench.clock.at = bench.state(lens).intent.next_try_at
    assert bench.intents.parked(10) == ()
    bench.works()
    assert [state.intent.intent_id for state in bench.intents.parked(10)] == [lens]
    bench.deed.answer = lambda key: Done()
    bench.clock.pass_by(hours=1)
    bench.works()
    assert bench.intents.parked(10) == ()
    assert bench.state(lens).intent.outcome == "done"


def test_what_fails_holds_up_neither_its_owner_nor_anybody_else(bench: Bench) -> None:
    bad = bench.given("bad")
    others = {bench.given("good"), bench.given("sail", GRACE)}

    def fail_one(key: UUID) -> Outcome:
        if key == bad:
            raise ConnectionError()
        return Done()

    bench.deed.answer = fail_one
    bench.works()
    assert set(bench.deed.called) == {bad, *others}
    assert {key for key in others if bench.state(key).done_at} == others


def test_what_this_release_cannot_read_waits_for_another(bench: Bench) -> None:
    lens = bench.given("lens", payload=b'{"name":"of-tomorrow","fields":{}}')
    bench.works()
    assert bench.deed.called == []
    state = bench.state(lens)
    assert (state.last_error, state.done_at) == ("WantedUnreadable", None)
    assert state.intent.next_try_at == MONDAY + timedelta(seconds=PACE.release_retry_s)


def test_a_crash_between_deed_and_mark_repeats_the_deed_after_the_lease(bench: Bench) -> None:
    lens = bench.given("lens")
    bench.deed.answer = raising(KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        bench.works()
    bench.deed.answer = lambda key: Done()
    bench.clock.pass_by(seconds=PACE.lease_s - 1)
    bench.works()
    assert bench.deed.called == [lens]
    bench.clock.pass_by(seconds=1)
    bench.works()
    assert bench.deed.called == [lens, lens]
    assert bench.state(lens).intent.outcome == "done"


def test_a_lease_is_held_while_a_deed_takes_long(bench: Bench) -> None:
    lens = bench.given("lens")
    other = Executor(bench.intents, bench.deed, bench.clock)
    looked: list[bool] = []

    def take_long(key: UUID) -> Outcome:
        for _ in range(5):
            bench.clock.pass_by(seconds=PACE.lease_s / 2)
            taken = bench.executor.renew()
            looked.append(other.carry_out_next())
        assert taken == timedelta(seconds=PACE.lease_s * 2.5)
        return Done()

    bench.deed.answer = take_long
    bench.works()
    assert looked == [False] * 5
    assert bench.deed.called == [lens]
    assert bench.executor.renew() == timedelta()
