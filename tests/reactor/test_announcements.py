"""Work is announced a little of each owner at a time, and never twice while it may be read yet."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID, uuid5

import pytest
from msgspec import UNSET

from commands.jobs.cancel_job import CancelJob
from commands.jobs.fail_job import FailJob
from commands.jobs.move_job_up import MoveJobUp
from commands.ports.intents import OVER, PLACES_PER_OWNER, PLACES_PER_OWNER_MAX
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from commands.twin.withdraw_consent import WithdrawConsent
from domain.consent_text import ConsentScope
from domain.events import EVENT_CLASSES
from domain.job import Job
from domain.job_state import JobFailure
from domain.kernel.identity import SYSTEM
from domain.kernel.stored_form import StoredForm
from domain.wallet import JOBS_OPEN_MAX
from gpu_consumers.worker.backlog import Backlog, QueuedJob
from processes.reactor.announcing import LOST_AFTER
from tests.commands import journey
from tests.commands.studio_spec import ADA, GRACE
from tests.reactor.reactor_spec import ReactorSpec
from topics.consume import next_offsets
from topics.messages.control import ForgetTwin, MoveJob, StopJob, StopReason
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.registry import CONTROL, JOBS, SCREENER, WORKERS, Topic
from topics.transport import BroadcastReader, Consumer, From

IMAGES = JOBS[WorkKind.IMAGE]
TRAININGS = JOBS[WorkKind.TRAINING]
SCREENINGS = JOBS[WorkKind.SCREENING]


def announced(spec: ReactorSpec, topic: Topic = IMAGES) -> list[JobQueued]:
    """Everything that was ever said on a job topic."""
    with spec.topics.broadcast([topic], From.START) as reader:
        found = [one.message for one in reader.poll(0.0, max_messages=100_000)]
    assert all(isinstance(message, JobQueued) for message in found)
    return [message for message in found if isinstance(message, JobQueued)]


def jobs_of(spec: ReactorSpec, owner: UUID, count: int) -> list[UUID]:
    """An owner with credits, who asks for so many pictures, each in a job of its own."""
    journey.verified(spec, owner)
    journey.rich(spec, owner, package="atelier")
    return [spec.does(journey.A_LIGHTHOUSE, owner=owner).job_id for _ in range(count)]


@contextmanager
def workers(spec: ReactorSpec, topic: Topic = IMAGES, group: str = WORKERS) -> Iterator[Consumer]:
    """A group that takes up the work of a topic."""
    with spec.topics.consumer(group, [topic], "worker") as consumer:
        yield consumer


def read_and_forgotten(spec: ReactorSpec, topic: Topic = IMAGES, group: str = WORKERS) -> int:
    """Everything is read and committed, and nothing comes of it. Answers how much it was."""
    with workers(spec, topic, group) as consumer:
        found = consumer.poll(0.0, max_messages=100_000)
        consumer.commit(next_offsets(found))
    return len(found)


def owner_of(spec: ReactorSpec, job: UUID) -> UUID:
    """Whose job it is."""
    owner = spec.store.owner_of(job)
    assert owner is not None
    return owner


def is_taken(spec: ReactorSpec, job: UUID) -> None:
    """A worker claims it, renders it, and the screener releases it."""
    journey.finished(spec, job, owner_of(spec, job))
    spec.settles()


def test_a_hundred_and_fifty_jobs_that_wait_for_hours_are_announced_once_each(
    spec: ReactorSpec,
) -> None:
    owners = [uuid5(SYSTEM, f"owner {number}") for number in range(15)]
    jobs = [job for owner in owners for job in jobs_of(spec, owner, 10)]
    spec.settles()
    assert len(announced(spec)) == len(owners) * PLACES_PER_OWNER
    spec.passes(hours=10)
    assert len(announced(spec)) == len(owners) * PLACES_PER_OWNER

    taken: set[UUID] = set()
    while waiting := [one.job for one in announced(spec) if one.job not in taken]:
        is_taken(spec, waiting[0])
        taken.add(waiting[0])
    assert taken == set(jobs)
    assert set(Counter(one.job for one in announced(spec)).values()) == {1}
    print(f"\n150 waiting jobs, 10 h: {len(announced(spec))} messages in all")


def test_another_owners_first_job_is_behind_no_more_than_a_few(spec: ReactorSpec) -> None:
    jobs_of(spec, ADA, JOBS_OPEN_MAX)
    spec.settles()
    taken: list[UUID] = []
    with workers(spec) as consumer:
        backlog = Backlog()
        for turn in range(PLACES_PER_OWNER * 3):
            if turn == PLACES_PER_OWNER:
                [hers] = jobs_of(spec, GRACE, 1)
                spec.settles()
            for one in consumer.poll(0.0, max_messages=backlog.room):
                assert isinstance(one.message, JobQueued)
                backlog.add(QueuedJob(one.at, one.offset, one.message, one))
            [queued] = backlog.take()
            is_taken(spec, queued.queued.job)
            taken.append(queued.queued.job)
    more = taken.index(hers) - PLACES_PER_OWNER
    print(f"\nbehind {JOBS_OPEN_MAX} jobs: taken after {more} more of them")
    assert taken.index(hers) <= 2 * PLACES_PER_OWNER
    assert {owner_of(spec, job) for job in taken} == {ADA, GRACE}


def test_no_more_than_a_few_messages_of_one_owner_stand_before_anybody_elses(
    spec: ReactorSpec,
) -> None:
    jobs_of(spec, ADA, JOBS_OPEN_MAX)
    spec.settles()
    jobs_of(spec, GRACE, 1)
    spec.settles()
    said = Counter(one.owner for one in announced(spec))
    assert said == {ADA: PLACES_PER_OWNER, GRACE: 1}


def test_who_takes_a_job_up_has_the_next_one_announced(spec: ReactorSpec) -> None:
    jobs = jobs_of(spec, ADA, PLACES_PER_OWNER + 2)
    spec.settles()
    journey.claimed(spec, jobs[1])
    spec.settles()
    assert {one.job for one in announced(spec)} == {*jobs[: PLACES_PER_OWNER + 1]}


def test_a_message_that_was_lost_is_said_again_once_everything_was_read(
    spec: ReactorSpec,
) -> None:
    jobs_of(spec, ADA, 2)
    spec.settles()
    looked_every_s = LOST_AFTER.total_seconds()
    spec.passes(seconds=3 * looked_every_s)
    assert len(announced(spec)) == 2
    assert read_and_forgotten(spec) == 2
    spec.passes(seconds=looked_every_s + 60)
    assert read_and_forgotten(spec) == 2
    spec.passes(seconds=looked_every_s - 120)
    assert read_and_forgotten(spec) == 0


def test_what_is_at_work_is_not_said_again(spec: ReactorSpec) -> None:
    [job] = jobs_of(spec, ADA, 1)
    spec.settles()
    journey.claimed(spec, job)
    spec.settles()
    assert read_and_forgotten(spec) == 1
    spec.passes(hours=5)
    assert read_and_forgotten(spec) == 0
    assert spec.intent_of("requested-job-is-announced").intent.outcome == OVER


def test_a_failed_attempts_successor_is_announced(spec: ReactorSpec) -> None:
    [job] = jobs_of(spec, ADA, 1)
    spec.settles()
    claim = journey.claimed(spec, job)
    spec.does(journey.failure_of(claim))
    spec.settles()
    assert [(one.job, one.attempt) for one in announced(spec)] == [(job, 1), (job, 2)]
    assert announced(spec)[0].batch_key == announced(spec)[1].batch_key != ""


def test_a_first_attempt_may_be_drawn_with_others_and_its_successor_is_drawn_alone(
    spec: ReactorSpec,
) -> None:
    [job] = jobs_of(spec, ADA, 1)
    spec.settles()
    spec.does(journey.failure_of(journey.claimed(spec, job)))
    spec.settles()
    assert [one.items for one in announced(spec)] == [journey.A_LIGHTHOUSE.count, UNSET]


def test_outputs_are_announced_to_the_screener_until_they_are_screened(spec: ReactorSpec) -> None:
    [job] = jobs_of(spec, ADA, 1)
    journey.rendered(spec, job)
    spec.settles()
    [screening] = announced(spec, SCREENINGS)
    assert (screening.job, screening.attempt, screening.batch_key) == (job, 1, "outputs")
    assert (screening.owner, screening.twin) == (ADA, None)
    assert read_and_forgotten(spec, SCREENINGS, SCREENER) == 1
    spec.passes(minutes=11)
    assert read_and_forgotten(spec, SCREENINGS, SCREENER) == 1
    spec.does(journey.screening_of(spec, job))
    spec.passes(hours=1)
    assert read_and_forgotten(spec, SCREENINGS, SCREENER) == 0


def test_photos_are_announced_until_another_set_takes_their_place(spec: ReactorSpec) -> None:
    journey.verified(spec)
    twin = journey.twin_with_consent(spec)
    first = journey.photos_submitted(spec, twin)
    spec.settles()
    second = journey.photos_submitted(spec, twin)
    spec.settles()
    found = announced(spec, SCREENINGS)
    assert [one.job for one in found] == [first.submission_id, second.submission_id]
    assert {(one.twin, one.attempt, one.batch_key) for one in found} == {(twin, 1, "photos")}
    read_and_forgotten(spec, SCREENINGS, SCREENER)
    spec.passes(minutes=11)
    again = announced(spec, SCREENINGS)[len(found) :]
    assert [one.job for one in again] == [second.submission_id]


@pytest.mark.parametrize("end", ["judged", "withdrawn", "training taken back"])
def test_photos_that_were_judged_or_withdrawn_are_announced_no_more(
    spec: ReactorSpec, end: str
) -> None:
    journey.verified(spec)
    twin = journey.twin_with_consent(spec)
    submitted = journey.photos_submitted(spec, twin)
    spec.settles()
    read_and_forgotten(spec, SCREENINGS, SCREENER)
    if end == "judged":
        spec.does(journey.good_verdicts(submitted))
    elif end == "withdrawn":
        spec.does(WithdrawConsent(twin))
    else:
        spec.does(TakeBackConsentScopes(twin, (ConsentScope.TRAINING,)))
    spec.passes(hours=1)
    assert read_and_forgotten(spec, SCREENINGS, SCREENER) == 0
    # Its time is over, too, and nothing is left to be done about it.
    spec.passes(days=1)
    assert read_and_forgotten(spec, SCREENINGS, SCREENER) == 0
    assert spec.pending() == []


def test_a_job_that_ends_while_it_waits_is_never_announced(spec: ReactorSpec) -> None:
    jobs = jobs_of(spec, ADA, PLACES_PER_OWNER + 2)
    spec.settles()
    spec.does(CancelJob(jobs[-2]))
    spec.does(FailJob(jobs[0], JobFailure.DEADLINE_PASSED))
    spec.settles()
    assert {one.job for one in announced(spec)} == {*jobs[:PLACES_PER_OWNER], jobs[-1]}


def test_whoever_runs_a_cancelled_job_is_told_to_stop(spec: ReactorSpec) -> None:
    [job] = jobs_of(spec, ADA, 1)
    journey.claimed(spec, job)
    spec.does(CancelJob(job))
    spec.settles()
    with spec.topics.broadcast([CONTROL], From.START) as reader:
        [stop] = [one.message for one in reader.poll(0.0)]
    assert stop == StopJob(job, StopReason.CANCELLED)


def test_a_training_is_announced_to_the_workers_that_train(spec: ReactorSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    job = spec.does(journey.training_of(twin)).job_id
    spec.settles()
    [training] = announced(spec, TRAININGS)
    assert (training.job, training.twin, training.engine) == (job, twin, "pocket")


def test_what_was_over_before_it_was_announced_gives_its_place_back(spec: ReactorSpec) -> None:
    """Its event was read late, by another release: the tail had passed its end by then."""
    unknowing = StoredForm(one for one in EVENT_CLASSES if one is not Job.Requested)
    spec.started(unknowing)
    *over, waits = jobs_of(spec, ADA, PLACES_PER_OWNER + 1)
    spec.settles()
    for job in over:
        spec.does(CancelJob(job))
    spec.settles()
    assert announced(spec) == []
    spec.started().passes(minutes=1)
    assert {one.job for one in announced(spec)} == {*over}
    spec.passes(minutes=11)
    assert {one.job for one in announced(spec)} == {*over, waits}
    assert len(announced(spec)) == PLACES_PER_OWNER + 1


def test_every_worker_is_told_to_forget_a_withdrawn_twin(spec: ReactorSpec) -> None:
    twin = journey.trained_twin(spec)
    with spec.topics.broadcast([CONTROL], From.START) as reader:
        spec.given(WithdrawConsent(twin))
        spec.settles()
        told = [one.message for one in reader.poll(0.0, max_messages=100)]
    assert [one for one in told if isinstance(one, ForgetTwin)] == [ForgetTwin(twin, epoch=2)]


def take_next(consumer: Consumer, control: BroadcastReader, backlog: Backlog) -> UUID:
    """As a worker does: hear what was said, read what there is, take the next."""
    for said in control.poll(0.0, max_messages=1_000):
        if isinstance(said.message, MoveJob):
            backlog.move(said.message)
    for one in consumer.poll(0.0, max_messages=backlog.room):
        assert isinstance(one.message, JobQueued)
        backlog.add(QueuedJob(one.at, one.offset, one.message, one))
    [queued] = backlog.take()
    return queued.queued.job


def moved_to_the_top(spec: ReactorSpec, jobs: list[UUID], job: UUID) -> None:
    """One place at a time, as a person does. `jobs` are in their turns, before and after."""
    for place in range(jobs.index(job), 0, -1):
        spec.does(MoveJobUp(job, ahead_of=jobs[place - 1]))
        jobs[place - 1], jobs[place] = jobs[place], jobs[place - 1]
    spec.settles()


@pytest.mark.parametrize("restarts", [False, True], ids=["goes on", "restarts"])
def test_what_is_moved_to_the_top_is_taken_first_announced_or_not(
    spec: ReactorSpec,
    restarts: bool,  # noqa: FBT001 – a parameter of the sentence
) -> None:
    jobs = jobs_of(spec, ADA, 2 * PLACES_PER_OWNER)
    spec.settles()
    backlog = Backlog()
    taken: list[UUID] = []
    with ExitStack() as stack:
        consumer = stack.enter_context(workers(spec))
        control = stack.enter_context(spec.topics.broadcast([CONTROL], From.START))
        for one in (jobs[-1], jobs[PLACES_PER_OWNER - 1]):
            if restarts:
                spec.started()
            moved_to_the_top(spec, jobs, one)
        waiting = list(jobs)
        while len(taken) < len(jobs):
            taken.append(take_next(consumer, control, backlog))
            is_taken(spec, taken[-1])
    assert taken == waiting


def test_a_worker_that_begins_later_takes_what_was_moved_first(spec: ReactorSpec) -> None:
    jobs = jobs_of(spec, ADA, PLACES_PER_OWNER)
    spec.settles()
    moved_to_the_top(spec, jobs, jobs[-1])
    with workers(spec) as consumer, spec.topics.broadcast([CONTROL], From.START) as control:
        assert take_next(consumer, control, Backlog()) == jobs[0]


def test_who_moves_all_of_theirs_again_and_again_stands_before_nobody(spec: ReactorSpec) -> None:
    jobs = jobs_of(spec, ADA, 5 * PLACES_PER_OWNER)
    spec.settles()
    for one in list(jobs[PLACES_PER_OWNER:]):
        moved_to_the_top(spec, jobs, one)
    [hers] = jobs_of(spec, GRACE, 1)
    spec.settles()
    said = Counter(one.owner for one in announced(spec))
    assert said == {ADA: PLACES_PER_OWNER_MAX, GRACE: 1}
    taken: list[UUID] = []
    backlog = Backlog()
    with workers(spec) as consumer, spec.topics.broadcast([CONTROL], From.START) as control:
        while hers not in taken:
            taken.append(take_next(consumer, control, backlog))
    assert len(taken) <= 2


def test_a_turn_that_was_taken_is_kept_by_what_is_said_again(spec: ReactorSpec) -> None:
    jobs = jobs_of(spec, ADA, 2)
    spec.settles()
    turns = {one.job: one.turn for one in announced(spec)}
    (below, first), (moved, second) = ((job, turns[job]) for job in jobs)
    moved_to_the_top(spec, jobs, moved)
    assert read_and_forgotten(spec) == 2
    spec.passes(seconds=LOST_AFTER.total_seconds() + 60)
    said = {(one.job, one.turn) for one in announced(spec)}
    assert said == {(below, first), (moved, second), (moved, first), (below, second)}
