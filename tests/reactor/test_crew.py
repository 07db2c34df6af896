"""The threads of one reactor: woken at once, and none dies or hangs unnoticed."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.intents.in_memory import InMemoryIntents
from commands.jobs.fail_job import FailJob
from commands.reactions.wanted_form import encode_wanted
from domain.job_state import JobFailure
from processes.reactor import crew
from processes.reactor.crew import Crew, DeedHangs
from processes.reactor.executor import Executor, Pace, Wake
from processes.reactor.outcome import Done, Outcome
from tests.commands.studio_spec import ADA, MONDAY, StoppedClock
from tests.contract.test_intents import intent

PATIENCE_S = 10.0
WANTED = encode_wanted(FailJob(ADA, JobFailure.DEADLINE_PASSED))


class Deed:
    """Says when it was called, and may be held there."""

    def __init__(self) -> None:
        self.called = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()

    def carry_out(self, wanted: object, owner_id: UUID, key: UUID) -> Outcome:
        """See `Deeds.carry_out`."""
        self.called.set()
        assert self.may_end.wait(PATIENCE_S)
        return Done()


def given(intents: InMemoryIntents, **fields: Any) -> None:
    """One intent that is due."""
    intents.record(
        [intent("lens", payload=WANTED, next_try_at=MONDAY, **fields)], read_to=1, now=MONDAY
    )


def test_executors_are_woken_for_what_was_written_at_once() -> None:
    intents, deed, stop, wake = InMemoryIntents(), Deed(), threading.Event(), Wake()
    slow = Pace(poll_s=PATIENCE_S * 10)
    executors = [Executor(intents, deed, StoppedClock(), pace=slow) for _ in range(2)]
    with Crew(executors, stop, wake):
        given(intents)
        wake.call()
        assert deed.called.wait(PATIENCE_S)


def test_a_call_between_looking_and_waiting_is_not_slept_through() -> None:
    wake = Wake()
    seen = wake.seen()
    wake.call()
    wake.wait(seen, PATIENCE_S * 100)


def test_an_executor_that_dies_ends_the_process_with_what_it_died_of() -> None:
    class Broken(InMemoryIntents):
        def claim(self, **_: Any) -> Any:
            raise ConnectionError("the database is gone")

    stop = threading.Event()
    executor = Executor(Broken(), Deed(), StoppedClock())
    with pytest.raises(ConnectionError), Crew([executor], stop, Wake()):
        assert stop.wait(PATIENCE_S)


def test_what_works_beside_the_executors_ends_the_process_too() -> None:
    def dies(stop: threading.Event) -> None:
        raise KeyError()

    stop = threading.Event()
    with pytest.raises(KeyError), Crew([], stop, Wake(), beside=[dies]):
        assert stop.wait(PATIENCE_S)


def test_a_deed_that_hangs_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "DEED_LIMIT", timedelta(minutes=1))
    intents, deed, stop, clock = InMemoryIntents(), Deed(), threading.Event(), StoppedClock()
    given(intents)
    deed.may_end.clear()
    quick = Pace(lease_s=0.04)
    executor = Executor(intents, deed, clock, pace=quick)

    def until_it_ends() -> None:
        with Crew([executor], stop, Wake(), pace=quick):
            assert deed.called.wait(PATIENCE_S)
            clock.pass_by(minutes=2)
            assert stop.wait(PATIENCE_S)

    with pytest.raises(DeedHangs):
        until_it_ends()
    deed.may_end.set()


def test_what_was_begun_may_end_before_its_process_does() -> None:
    intents, deed, stop = InMemoryIntents(), Deed(), threading.Event()
    given(intents)
    deed.may_end.clear()
    executor = Executor(intents, deed, StoppedClock())
    with Crew([executor], stop, Wake()):
        assert deed.called.wait(PATIENCE_S)
        threading.Timer(0.05, deed.may_end.set).start()
    [state] = intents.all()
    assert state.done_at is not None
