"""A report about an owner who is at work elsewhere is waited for, never dropped."""

from contextlib import ExitStack
from typing import cast
from uuid import UUID

import pytest

from adapters.event_store.owner_turns import OwnerTurns
from commands.ports.event_store import OwnerBusy
from commands.ports.object_store import ObjectStore
from domain.job import Job, JobState
from processes.recorder import OWNER_TRIES_MAX, Recorder
from tests.commands import journey
from tests.commands.studio_spec import ADA, StudioSpec
from topics.messages.results import FailureReason, JobFailed
from topics.registry import RESULTS, key_of
from topics.transport import Delivery, Publisher


@pytest.fixture
def spec() -> StudioSpec:
    """A studio whose owners do not wait long for their turn."""
    return StudioSpec(OwnerTurns(wait_max_s=0.01)).opened()


@pytest.fixture
def report(spec: StudioSpec) -> Delivery:
    """A worker says that its attempt on Ada's lighthouse failed."""
    journey.verified(spec)
    journey.rich(spec)
    job: UUID = spec.does(journey.A_LIGHTHOUSE).job_id
    claim = journey.claimed(spec, job)
    failed = JobFailed(job, 1, claim.claim_id, FailureReason.OUT_OF_MEMORY)
    return Delivery(RESULTS.name, 0, 0, key_of(failed), failed)


def _recorder(spec: StudioSpec, pauses: list[float], at_work: ExitStack) -> Recorder:
    """A recorder whose second pause outlasts what Ada has at work."""

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            at_work.close()

    nothing_outside = cast(ObjectStore, None), cast(Publisher, None)
    return Recorder(spec.studio, spec.store, *nothing_outside, pause=pause)


def test_a_report_is_recorded_once_its_owner_has_time(spec: StudioSpec, report: Delivery) -> None:
    pauses: list[float] = []
    with ExitStack() as at_work:
        at_work.enter_context(spec.store.transaction(ADA))
        _recorder(spec, pauses, at_work).handle(report)
    assert len(pauses) == 2
    [job] = {event.originator_id for event in spec.events(Job.AttemptFailed)}
    assert spec.load(Job, job).state is JobState.REQUESTED


def test_a_report_that_cannot_be_recorded_is_not_done_with(
    spec: StudioSpec, report: Delivery
) -> None:
    pauses: list[float] = []
    with spec.store.transaction(ADA), pytest.raises(OwnerBusy):
        _recorder(spec, pauses, ExitStack()).handle(report)
    assert len(pauses) == OWNER_TRIES_MAX - 1
    assert spec.events(Job.AttemptFailed) == []
