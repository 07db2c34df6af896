"""One intent that can never be carried out, in front of thousands of other owners'."""

import os
import threading
import time
from uuid import UUID, uuid5

from adapters.event_store.positions import claim_reader
from adapters.intents.postgres import open_intents
from adapters.intents.tail import ReaderIntents
from commands.jobs.fail_job import FailJob
from commands.ports.intents import Intent
from commands.reactions.wanted_form import encode_wanted
from domain.job_state import JobFailure
from domain.kernel.identity import SYSTEM
from processes.reactor.crew import EXECUTORS, Crew
from processes.reactor.executor import Executor, Wake
from processes.reactor.outcome import Done, Outcome
from processes.wiring.clock import system_clock
from tests.faults.oracle import until

OTHERS = 10_000 if os.environ.get("FAULTS") == "full" else 500
BAD = uuid5(SYSTEM, "whose intent fails")


class FailsForOne:
    """A deed that fails for one owner, always."""

    def __init__(self) -> None:
        self.done: list[UUID] = []

    def carry_out(self, wanted: object, owner_id: UUID, key: UUID) -> Outcome:
        """See `Deeds.carry_out`."""
        if owner_id == BAD:
            raise ConnectionError()
        self.done.append(key)
        return Done()


def test_one_that_always_fails_holds_nobody_up(database: str) -> None:
    now = system_clock()
    wanted = encode_wanted(FailJob(BAD, JobFailure.DEADLINE_PASSED))
    owners = [BAD, *(uuid5(SYSTEM, f"owner {number}") for number in range(OTHERS))]
    intents = [Intent(uuid5(one, "i"), one, 1, "test", "", wanted, now, now) for one in owners]
    deed, stop, wake = FailsForOne(), threading.Event(), Wake()
    with open_intents(database, connections_max=EXECUTORS + 1) as store:
        with claim_reader(database, "reactor", wait_s=1, role="writer") as reader:
            ReaderIntents(reader).record(intents, read_to=1, now=now)
        executors = [Executor(store, deed, system_clock) for _ in range(EXECUTORS)]
        began_s = time.monotonic()
        with Crew(executors, stop, wake):
            until(lambda: len(deed.done) >= OTHERS, "all others are done", patience_s=300.0)
            took_s = time.monotonic() - began_s
        failing = store.find(intents[0].intent_id)
    print(f"\n{OTHERS} intents beside one that fails: {took_s:.1f} s, {OTHERS / took_s:.0f}/s")
    assert sorted(deed.done) == sorted(intent.intent_id for intent in intents[1:])
    assert failing is not None
    assert failing.done_at is None
    assert failing.last_error == "ConnectionError"
    assert failing.intent.attempts >= 1
