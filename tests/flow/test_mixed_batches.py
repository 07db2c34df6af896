"""Eight people and two workers: who is drawn with whom, when, and what it costs each of them."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain, count
from pathlib import Path
from uuid import UUID

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from commands.jobs.cancel_job import CancelJob
from domain.job_state import AttemptFailure, JobFailure, JobState
from domain.price_list import CANCEL_SHARE_THOUSANDTHS
from gpu_consumers.worker.worker import Worker
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.painter import Painter
from tests.flow.test_journey import PICTURE_MILLICREDITS
from topics.in_memory import InMemoryTransport

PEOPLE = 8
_seeds = count(10_000)


class Killed(BaseException):
    """The process is gone: nothing is given back, and nobody is told."""


class MortalWorker(Worker):
    """A worker that can be killed between two turns."""

    def __init__(self, *arguments: object, **more: object) -> None:
        super().__init__(*arguments, **more)  # type: ignore[arg-type]
        self.is_killed = threading.Event()

    def step(self) -> None:
        """See `Worker.step`."""
        if self.is_killed.is_set():
            raise Killed
        super().step()


class TwoWorkers(LivingStudio):
    """A studio with two workers, of which a killed one comes back under another name."""

    def __init__(self, *arguments: object, **more: object) -> None:
        super().__init__(*arguments, **more)  # type: ignore[arg-type]
        self.painters = (self.painter, Painter())
        self._living: dict[Painter, MortalWorker] = {}
        self.killed = threading.Event()

    def _lives_of_workers(self) -> dict[str, Callable[[threading.Event], None]]:
        return {
            f"worker {number}": partial(self._live_again, painter)
            for number, painter in enumerate(self.painters)
        }

    def _live_again(self, painter: Painter, stop: threading.Event) -> None:
        for life in count():
            name = f"painter {self.painters.index(painter)} in life {life}"
            worker = self.worker(name, painter, MortalWorker)
            assert isinstance(worker, MortalWorker)
            self._living[painter] = worker
            try:
                worker.run(stop)
                return
            except Killed:
                self.killed.set()

    def kill(self, painter: Painter) -> None:
        """Kill the worker of this painter, and wait until it is gone."""
        self.killed.clear()
        self._living[painter].is_killed.set()
        assert self.killed.wait(10.0)

    def reactor_has_announced(self) -> None:
        """Wait until everything that was asked for lies in the queues."""
        last = max(fact.position for fact in self.events.stream())
        until(lambda: self.reactor_is_at(last), "everything is announced")


class Queue:
    """Both workers are busy with somebody else's pictures until everybody has asked for theirs."""

    def __init__(self, studio: TwoWorkers) -> None:
        self.studio = studio
        self._blockers: list[tuple[UUID, UUID]] = []
        for painter in studio.painters:
            painter.batches.clear()
            painter.hold()
        while not all(painter.is_at_work.is_set() for painter in studio.painters):
            owner = studio.creator()
            self._blockers.append((studio.draw(None, owner, seed=1), owner))
            until(self._is_blocked, "the last picture is drawn, or waits")

    def _is_blocked(self) -> bool:
        """Whether the blocker asked for last is drawn, or waits for a worker that is busy."""
        self.studio.reactor_has_announced()
        return any(painter.is_at_work.is_set() for painter in self.studio.painters)

    def opens(self) -> None:
        """The workers are free, and take up what waits. They are held at its last step."""
        self.studio.reactor_has_announced()
        for painter in self.studio.painters:
            painter.batches.clear()
            painter.is_at_work.clear()
        # Those that wait go first, or they would be drawn with somebody of ours.
        self._blockers.sort(key=lambda blocker: self.studio.job(*blocker).state is JobState.STARTED)
        for job, owner in self._blockers:
            self.studio.does(CancelJob(job), owner)

    def lets_go(self) -> None:
        for painter in self.studio.painters:
            painter.let_go()


@pytest.fixture(scope="module")
def two_workers(
    postgres_server: EmbeddedPostgres,
    flow_database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TwoWorkers]:
    folder: Path = tmp_path_factory.mktemp("flow")
    url, admin_url = postgres_server.url(flow_database), postgres_server.admin_url(flow_database)
    with InMemoryTransport() as transport, ExitStack() as stack:
        studio = TwoWorkers(url, admin_url, transport, folder, stack)
        studio.start()
        yield studio
        studio.oracle.rest()
        studio.oracle.check()


@pytest.fixture(scope="module")
def people(two_workers: TwoWorkers) -> list[UUID]:
    """Eight people with the same credits."""
    return [two_workers.creator() for _ in range(PEOPLE)]


@pytest.fixture
def queue(two_workers: TwoWorkers) -> Iterator[Queue]:
    queue = Queue(two_workers)
    yield queue
    for painter in two_workers.painters:
        painter.poison.clear()
    queue.lets_go()


class Asked:
    """What everybody has asked for, by the seed of the first picture: seeds tell jobs apart."""

    def __init__(self, studio: TwoWorkers) -> None:
        self._studio = studio
        self.jobs: dict[int, tuple[UUID, UUID]] = {}
        self._before: dict[UUID, int] = {}

    def pictures(self, owner: UUID, twin: UUID | None = None, pictures: int = 1) -> int:
        """Ask for some. Answers the seed."""
        self._before.setdefault(owner, self._studio.wallet(owner)[0])
        seed = next(_seeds) * 10
        job = self._studio.draw(twin, owner, pictures=pictures, seed=seed)
        self.jobs[seed] = (job, owner)
        return seed

    def job(self, seed: int) -> UUID:
        return self.jobs[seed][0]

    def owner(self, seed: int) -> UUID:
        return self.jobs[seed][1]

    def batches(self, painter: Painter) -> list[tuple[int, ...]]:
        """What this painter was at of it, in order."""
        return [batch for batch in painter.batches if set(batch) <= self.jobs.keys()]

    def in_company(self) -> Painter | None:
        """A painter that is at work for several people. Of eight there is one, sooner or later."""
        for painter in self._studio.painters:
            if painter.is_at_work.is_set() and any(
                len(batch) > 1 for batch in self.batches(painter)[-1:]
            ):
                return painter
        return None

    def completes(self, seed: int, *, attempt: int = 1) -> None:
        done = self._studio.comes_to(*self.jobs[seed], JobState.COMPLETED)
        assert done.attempt == attempt

    def paid(self, owner: UUID) -> int:
        """What it has cost, once nothing is reserved any more. In millicredits."""
        until(lambda: self._studio.wallet(owner)[1] == 0, "nothing is reserved")
        return self._before[owner] - self._studio.wallet(owner)[0]


def test_everybody_is_drawn_once_before_anybody_is_drawn_twice_and_pays_for_what_they_got(
    queue: Queue, people: list[UUID]
) -> None:
    studio = queue.studio
    asked = Asked(studio)
    ada = people[0]
    for _ in range(3):
        asked.pictures(ada)
    for owner in people[1:]:
        asked.pictures(owner)
    two = asked.pictures(people[-1], pictures=2)
    queue.opens()
    queue.lets_go()
    for seed in asked.jobs:
        asked.completes(seed)
    drawn = [asked.batches(painter) for painter in studio.painters]
    for batches in drawn:
        turns = [asked.owner(seed) for seed in chain(*batches)]
        for place, owner in enumerate(turns):
            served, waiting = Counter(turns[:place]), set(turns[place:])
            assert served[owner] == min(served[one] for one in waiting)
        assert all(
            len(batch) + (two in batch) <= studio.painter.render_batch_max for batch in batches
        )
    assert sorted(chain(*chain(*drawn))) == sorted(asked.jobs)
    # Eleven jobs for two workers: at least one of them had enough to draw several together.
    assert max(len(batch) for batches in drawn for batch in batches) > 1
    costs = {owner: asked.paid(owner) // PICTURE_MILLICREDITS for owner in people}
    assert costs == {ada: 3, **dict.fromkeys(people[1:-1], 1), people[-1]: 3}


def test_who_cancels_in_the_middle_pays_the_share_and_the_others_get_their_pictures(
    queue: Queue, people: list[UUID]
) -> None:
    studio = queue.studio
    asked = Asked(studio)
    for owner in people:
        asked.pictures(owner)
    queue.opens()
    painter = until(asked.in_company, "several are drawn together")
    cancelled = asked.batches(painter)[-1][0]
    until(
        lambda: studio.job(asked.job(cancelled), asked.owner(cancelled)).state is JobState.STARTED,
        "it is drawn",
    )
    studio.does(CancelJob(asked.job(cancelled)), asked.owner(cancelled))
    # Everybody is held for good: it is over only because its own pictures were stopped.
    until(lambda: "job.result-discarded" in studio.types_of(asked.job(cancelled)), "it has stopped")
    queue.lets_go()
    for seed in asked.jobs.keys() - {cancelled}:
        asked.completes(seed)
    share = PICTURE_MILLICREDITS * CANCEL_SHARE_THOUSANDTHS // 1_000
    for seed in asked.jobs:
        due = share if seed == cancelled else PICTURE_MILLICREDITS
        assert asked.paid(asked.owner(seed)) == due


def test_a_killed_worker_costs_its_people_an_attempt_and_no_credit(
    queue: Queue, people: list[UUID]
) -> None:
    studio = queue.studio
    asked = Asked(studio)
    for owner in people:
        asked.pictures(owner)
    queue.opens()
    killed = until(asked.in_company, "several are drawn together")
    lost = asked.batches(killed)[-1]
    for seed in lost:
        studio.comes_to(*asked.jobs[seed], JobState.STARTED)
    studio.kill(killed)
    queue.lets_go()
    for seed in asked.jobs:
        asked.completes(seed, attempt=2 if seed in lost else 1)
    # Afterwards each is drawn alone: who it was that killed the worker would show.
    again = Counter(chain(*(asked.batches(painter) for painter in studio.painters)))
    assert all(again[(seed,)] == 1 for seed in lost)
    assert {studio.reasons_of(asked.job(seed))[0] for seed in lost} == {
        AttemptFailure.LEASE_EXPIRED
    }
    assert {asked.paid(owner) for owner in people} == {PICTURE_MILLICREDITS}


def test_a_poisoned_adapter_fails_whose_it_is_and_nobody_beside_it(
    two_workers: TwoWorkers, people: list[UUID]
) -> None:
    studio = two_workers
    mallory, grace = people[0], people[1]
    twins = {owner: studio.trained_twin(owner) for owner in (mallory, grace)}
    adapter = studio.twin(twins[mallory], mallory).adapter("pocket")
    assert adapter is not None
    poison = studio.objects.get(adapter.object_key)
    queue = Queue(studio)
    for painter in studio.painters:
        painter.poison.add(poison)
    asked = Asked(studio)
    for owner in people:
        asked.pictures(owner, twins.get(owner))
    poisoned = next(iter(asked.jobs))
    queue.opens()
    queue.lets_go()
    studio.comes_to(*asked.jobs[poisoned], JobState.FAILED)
    for seed in asked.jobs.keys() - {poisoned}:
        asked.completes(seed)
    assert studio.why_it_failed(asked.job(poisoned)) == JobFailure.ATTEMPTS_EXHAUSTED
    assert studio.reasons_of(asked.job(poisoned)) == [AttemptFailure.ENGINE_ERROR] * 3
    for owner in people:
        assert asked.paid(owner) == (0 if owner == mallory else PICTURE_MILLICREDITS)
    drawn = Counter(chain(*(asked.batches(painter) for painter in studio.painters)))
    # Three attempts alone, the first of them after the batch that it broke, if it had company.
    assert drawn[(poisoned,)] == 3
    for painter in studio.painters:
        painter.poison.clear()
