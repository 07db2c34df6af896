"""The watchdog judges silence: nobody who speaks is lost, and nobody who is silent is kept."""

from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import pytest

import domain.engines
from commands.studio import Studio
from domain.events import STORED_FORM
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import Sealer, StoredEventUnreadable, StoredForm
from processes.watchdog import LOST_CALLS_MAX, READ_LIMIT, OwnVoiceLost
from tests.commands import journey
from tests.commands.studio_spec import GRACE
from tests.processes.night_watch import (
    LEASE_S,
    MARGIN_S,
    SPEAKS_EVERY_S,
    TURN_S,
    CountedLooks,
    NightWatch,
)
from topics.in_memory_broadcast import InMemoryBroadcastReader
from topics.registry import RESULTS
from topics.transport import Delivery, From

MILLION = 1_000_000


@pytest.fixture
def night() -> NightWatch:
    return NightWatch()


def test_a_worker_that_died_is_lost_after_a_lease_and_one_that_speaks_is_not(
    night: NightWatch,
) -> None:
    dead, living = night.claimed(lives=False), night.claimed(lives=True)
    night.pass_by(LEASE_S - TURN_S)
    assert night.is_running(dead)
    night.pass_by(MARGIN_S)
    assert not night.is_running(dead)
    night.pass_by(10 * LEASE_S)
    assert night.is_running(living)
    assert night.expired() == {dead.job_id}


def test_a_worker_that_falls_silent_later_is_lost_a_lease_after_its_last_word(
    night: NightWatch,
) -> None:
    claim = night.claimed(lives=True)
    night.pass_by(3 * LEASE_S)
    night.alive.clear()
    night.pass_by(LEASE_S - SPEAKS_EVERY_S - TURN_S)
    assert night.is_running(claim)
    night.pass_by(SPEAKS_EVERY_S + MARGIN_S)
    assert not night.is_running(claim)


def test_a_log_that_takes_25_seconds_to_read_costs_nobody_their_attempt(
    night: NightWatch,
) -> None:
    claims = [night.claimed(lives=True) for _ in range(5)]
    night.pass_by(2 * LEASE_S)
    night.log.slow_s = 25.0
    night.watchdog.turn(0.0)
    night.watchdog.turn(0.0)
    assert all(night.is_running(claim) for claim in claims)
    night.pass_by(2 * LEASE_S)
    assert night.expired() == set()


@pytest.mark.parametrize("spoke_meanwhile", [True, False], ids=["only it", "everybody"])
def test_a_watchdog_that_was_stopped_for_three_leases_ends_nobody_who_lives(
    night: NightWatch,
    spoke_meanwhile: bool,  # noqa: FBT001
) -> None:
    living, dead = [night.claimed(lives=True) for _ in range(3)], night.claimed(lives=False)
    night.pass_by(LEASE_S / 2)
    if spoke_meanwhile:
        night.pass_by(3 * LEASE_S, watching=False)
    else:
        # The machine slept: whoever speaks again does so a while after the watchdog looks again.
        night.clock.now_s += 3 * LEASE_S
        night.spoke_s = night.clock.now_s
    night.pass_by(SPEAKS_EVERY_S - TURN_S)
    assert night.expired() == set()
    night.pass_by(LEASE_S + MARGIN_S)
    assert all(night.is_running(claim) for claim in living)
    assert night.expired() == {dead.job_id}


def test_a_pause_in_the_middle_of_an_expiry_is_no_listening_either(night: NightWatch) -> None:
    """As a process that is stopped while it waits for an owner's lock."""

    class SlowStudio(Studio):
        def execute(self, *given: Any, **named: Any) -> Any:
            """See `Studio.execute`."""
            night.clock.now_s += 3 * LEASE_S
            return night.spec.studio.execute(*given, **named)

    night.start(studio=SlowStudio.__new__(SlowStudio))
    dead, living = night.claimed(lives=False), night.claimed(lives=True)
    night.pass_by(LEASE_S + MARGIN_S)
    assert night.expired() == {dead.job_id}
    night.watchdog.turn(0.0)
    assert night.is_running(living)
    night.pass_by(2 * LEASE_S)
    assert night.is_running(living)


def test_voices_that_nobody_has_heard_yet_are_heard_before_anybody_is_judged(
    night: NightWatch,
) -> None:
    """More of them than one poll answers, and the newest ones last."""
    claims = [night.claimed(lives=True) for _ in range(2)]
    night.pass_by(LEASE_S - SPEAKS_EVERY_S)
    for _ in range(2_000):
        night.speak()
    night.pass_by(LEASE_S)
    assert all(night.is_running(claim) for claim in claims)


def test_a_new_watchdog_listens_for_a_lease_before_it_judges(night: NightWatch) -> None:
    dead = night.claimed(lives=False)
    night.pass_by(LEASE_S / 2)
    night.start()
    night.pass_by(LEASE_S - TURN_S)
    assert night.is_running(dead)
    night.pass_by(MARGIN_S)
    assert not night.is_running(dead)


def test_a_new_watchdog_goes_on_where_the_last_one_was_among_a_million_events_of_others() -> None:
    night = NightWatch(strangers=MILLION)
    dead, living = night.claimed(lives=False), night.claimed(lives=True)
    while night.log.reads[-1:] != [0]:
        night.watchdog.turn(0.0)
    assert sum(night.log.reads) > MILLION
    assert max(night.log.reads) == READ_LIMIT
    before = len(night.spec.store.rows())

    night.log.reads.clear()
    night.start()
    night.pass_by(LEASE_S + MARGIN_S)
    after = len(night.spec.store.rows())
    assert sum(night.log.reads) == after - before
    assert night.expired() == {dead.job_id}
    assert night.is_running(living)


def test_a_long_log_is_read_in_turns_and_a_stop_is_seen_in_between() -> None:
    night = NightWatch(strangers=20 * READ_LIMIT)
    night.watchdog.run(CountedLooks(5))
    assert night.log.reads == [READ_LIMIT] * 5


def test_while_a_long_log_is_read_nobody_is_judged_and_for_a_lease_after_its_end() -> None:
    night = NightWatch(strangers=80 * READ_LIMIT)
    dead, living = night.claimed(lives=False), night.claimed(lives=True)
    # Theirs are the first events that are read, and it takes two leases to read the others.
    night.log.strangers_after = len(night.spec.store.rows())
    night.pass_by(80 * TURN_S)
    assert 80 * TURN_S > LEASE_S + MARGIN_S
    night.pass_by(LEASE_S - TURN_S)
    assert night.is_running(dead)
    night.pass_by(MARGIN_S + TURN_S)
    assert night.expired() == {dead.job_id}
    assert night.is_running(living)


def test_an_attempt_that_ended_by_itself_is_not_watched_any_more(night: NightWatch) -> None:
    claim = night.claimed(lives=False)
    night.pass_by(LEASE_S / 2)
    night.spec.does(journey.rendering_of(night.spec, claim))
    night.pass_by(2 * LEASE_S)
    assert night.spec.load(Job, claim.job_id).state is JobState.RENDERED
    assert night.memory.load()[1] == ()


def test_what_is_not_read_yet_may_say_that_an_attempt_has_ended(night: NightWatch) -> None:
    claim = night.claimed(lives=False)
    night.pass_by(LEASE_S - 2 * TURN_S)
    night.log.strangers_after = len(night.spec.store.rows())
    night.log.strangers = 10 * READ_LIMIT
    night.spec.does(journey.rendering_of(night.spec, claim))
    night.pass_by(LEASE_S)
    assert night.way_out.published == 0
    assert night.spec.load(Job, claim.job_id).state is JobState.RENDERED


def test_voices_that_never_end_do_not_hold_a_turn(night: NightWatch) -> None:
    class Crowd(InMemoryBroadcastReader):
        def poll(self, timeout_s: float, max_messages: int = 500) -> tuple[Delivery, ...]:
            """See `BroadcastReader.poll`."""
            night.clock.now_s += 0.1
            night.speak()
            return super().poll(timeout_s, max_messages)

    claim = night.claimed(lives=True)
    night.start(voices=Crowd(night.transport, [RESULTS], From.END))
    began_s = night.clock.now_s
    night.watchdog.turn(0.0)
    assert night.clock.now_s - began_s < LEASE_S / 4
    night.pass_by(2 * LEASE_S)
    assert night.is_running(claim)


def test_a_call_of_the_watchdog_that_was_answered_proves_no_later_silence(
    night: NightWatch,
) -> None:
    claim = night.claimed(lives=False)
    while not night.way_out.published:
        night.pass_by(TURN_S)
    night.alive.append(claim)
    night.speak()
    night.pass_by(TURN_S)
    assert night.is_running(claim)
    # From now on nobody is heard, and nobody could be.
    night.alive.clear()
    night.way_out.is_broken = True
    night.pass_by(10 * LEASE_S)
    assert night.is_running(claim)


def test_an_attempt_past_its_deadline_is_ended_although_its_worker_speaks(
    night: NightWatch,
) -> None:
    claim = night.claimed(lives=True)
    night.pass_by(2 * LEASE_S)
    night.spec.clock.pass_by(days=1)
    night.pass_by(TURN_S)
    assert not night.is_running(claim)


def test_topics_out_of_reach_are_nobodys_silence(night: NightWatch) -> None:
    living, dead = night.claimed(lives=True), night.claimed(lives=False)
    night.pass_by(LEASE_S / 2)
    night.way_out.is_broken = True
    spoken, night.alive[:] = list(night.alive), []
    night.pass_by(20 * LEASE_S)
    night.way_out.is_broken = False
    night.alive += spoken
    night.pass_by(3 * LEASE_S)
    assert night.is_running(living)
    assert night.expired() == {dead.job_id}


def test_a_watchdog_that_does_not_hear_itself_ends_nobody_and_gives_up(night: NightWatch) -> None:
    night.claimed(lives=False)
    night.way_out.swallows = True
    with pytest.raises(OwnVoiceLost):
        night.pass_by((LOST_CALLS_MAX + 1) * 2 * LEASE_S)
    assert night.expired() == set()
    assert night.way_out.published == LOST_CALLS_MAX + 1


def test_a_watchdog_that_hears_itself_again_does_not_give_up(night: NightWatch) -> None:
    lost = []
    for _ in range(2):
        lost.append(night.claimed(lives=False).job_id)
        night.way_out.swallows = True
        while night.way_out.published % (LOST_CALLS_MAX + 1) < LOST_CALLS_MAX:
            night.pass_by(TURN_S)
        night.way_out.swallows = False
        night.pass_by(2 * LEASE_S + MARGIN_S)
        assert night.expired() == set(lost)


def test_one_owner_who_cannot_be_reached_does_not_keep_the_others_waiting(
    night: NightWatch,
) -> None:
    refused: list[UUID] = []

    class BusyStudio(Studio):
        def execute(self, command: Any, **named: Any) -> Any:
            """See `Studio.execute`."""
            if command.job_id == first.job_id and len(refused) < 2:
                refused.append(command.job_id)
                raise TimeoutError
            return night.spec.studio.execute(command, **named)

    night.start(studio=BusyStudio.__new__(BusyStudio))
    first, second = night.claimed(lives=False), night.claimed(lives=False)
    night.pass_by(LEASE_S + MARGIN_S)
    assert night.expired() == {second.job_id}
    night.pass_by(2 * (LEASE_S + MARGIN_S))
    assert night.expired() == {first.job_id, second.job_id}
    assert len(refused) == 2


def test_an_engine_that_left_the_catalogue_stops_neither_the_watchdog_nor_the_relay(
    night: NightWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = night.claimed(lives=False)
    monkeypatch.setattr(domain.engines, "ENGINES", {})
    night.pass_by(LEASE_S + MARGIN_S)
    assert night.expired() == {dead.job_id}


def test_a_start_that_this_release_cannot_read_is_left_for_one_that_can(
    night: NightWatch,
) -> None:
    class OlderForm(StoredForm):
        def decode(
            self,
            event_type: str,
            originator_id: UUID,
            originator_version: int,
            data: bytes,
            sealer: Sealer,
        ) -> Aggregate.Event:
            """See `StoredForm.decode`."""
            if originator_id == newer.job_id:
                raise StoredEventUnreadable("a version of later")
            return STORED_FORM.decode(event_type, originator_id, originator_version, data, sealer)

    night.start(form=cast(StoredForm, OlderForm(())))
    newer, known = night.claimed(lives=False), night.claimed(lives=False)
    night.pass_by(LEASE_S + MARGIN_S)
    assert night.expired() == {known.job_id}
    assert night.is_running(newer)

    night.start()
    night.pass_by(LEASE_S + MARGIN_S)
    assert night.expired() == {known.job_id, newer.job_id}


def test_a_claim_is_watched_for_its_own_owner(night: NightWatch) -> None:
    twin = journey.trained_twin(night.spec, GRACE)
    job = night.spec.does(journey.pictures_of(twin, 1), owner=GRACE).job_id
    claim = journey.claimed(night.spec, job, GRACE)
    night.pass_by(LEASE_S + MARGIN_S)
    [failed] = night.spec.events(Job.AttemptFailed, lambda one: one.originator_id == job)
    assert failed.claim_id == claim.claim_id


def test_another_claims_voice_is_no_sign_of_life(night: NightWatch) -> None:
    claim = night.claimed(lives=False)
    night.alive.append(replace(claim, claim_id=UUID(int=7)))
    night.pass_by(LEASE_S + MARGIN_S)
    assert night.expired() == {claim.job_id}
