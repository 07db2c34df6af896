"""A report about an owner who is at work elsewhere waits for them, and nobody else does."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from adapters.event_store.owner_turns import OwnerTurns
from commands.ports.event_store import OwnerBusy
from tests.recorder.results_desk import ResultsDesk
from topics.messages.grants import JobGranted
from topics.messages.results import FailureReason


def patient_desk() -> ResultsDesk:
    """A studio whose owners do not wait long for their turn."""
    return ResultsDesk(OwnerTurns(wait_max_s=0.01))


def test_a_report_is_recorded_once_its_owner_has_time_and_others_at_once() -> None:
    desk = patient_desk()
    hers, his = desk.started(desk.creator()), desk.started(desk.creator("Bob"), "Bob")
    with desk.store.transaction(hers.owner):
        desk.records(hers.failed(FailureReason.OUT_OF_MEMORY), his.rendered())
        assert his.state == "rendered"
        assert desk.parked_reports() == [(hers.job, "job.failed", OwnerBusy.__name__)]
        desk.pass_by(seconds=60)
        assert len(desk.parked_reports()) == 1
    # She is asked again as soon as was said, however often she was busy.
    for _ in range(20):
        (waiting,) = desk.parked.listed(10)
        assert (waiting.due_at - desk.clock()).total_seconds() <= 60
        with desk.store.transaction(hers.owner):
            desk.pass_by(seconds=60)
    desk.pass_by(seconds=60)
    assert desk.parked_reports() == []
    assert hers.state == "requested"


def test_a_claim_of_a_busy_owner_is_granted_when_it_comes_again() -> None:
    desk = patient_desk()
    attempt = desk.requested(desk.creator())
    with desk.store.transaction(attempt.owner):
        desk.records(attempt.claimed())
        assert desk.answers() == []
    # Until then nobody asks the store whether she has time.
    desk.records(attempt.claimed())
    assert desk.answers() == []
    desk.pass_by(seconds=60)
    desk.records(attempt.claimed())
    (granted,) = desk.answers()
    assert isinstance(granted, JobGranted)


def test_one_owners_many_reports_are_waited_for_once() -> None:
    turns = Counted(wait_max_s=0.01)
    desk = ResultsDesk(turns)
    twin = desk.creator()
    attempts = [desk.started(twin) for _ in range(5)]
    with desk.store.transaction(attempts[0].owner):
        before = turns.asked
        desk.records(*(one.rendered() for one in attempts), attempts[0].claimed())
        assert turns.asked == before + 1
    assert len(desk.parked_reports()) == len(attempts)
    assert {why for _, _, why in desk.parked_reports()} == {OwnerBusy.__name__}
    desk.pass_by(seconds=60)
    assert {one.state for one in attempts} == {"rendered"}


class Counted(OwnerTurns):
    """Turns of which one can tell how often they were asked for."""

    asked = 0

    @contextmanager
    def turn(self, owner_id: UUID) -> Iterator[None]:
        self.asked += 1
        with super().turn(owner_id):
            yield
