"""Jobs per minute with one, two and three workers, over threads that only wait.

The engine is a stub that waits on a condition for as long as a job takes, so that what is measured
is announcing, claiming, granting and reporting, and not this machine's cores.
"""

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID

import httpx

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from benchmarks.measure import broker, database, report, seconds
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.worker.assignments import Delivered, Order, Report, Start
from gpu_consumers.worker.intake import KINDS
from gpu_consumers.worker.worker import Worker
from processes.prepare import publish_defaults
from processes.recorder import GROUP, TOPICS, Recorder
from tests.flow.studio_desk import StudioDesk
from tests.reactor.running_reactor import running_reactor, sandbox_outside
from topics.consume import ConsumerLoop, DeadLetterBox, one_at_a_time
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.messages.results import JobRendered
from topics.registry import JOBS, RESULTS
from topics.transport import From, TopicPartition, Transport

JOB_S = 1.0
JOBS_PER_WORKER = 16
WORKERS = (1, 2, 3)
SECRET = bytes(range(32))
PATIENCE_S = 120.0


class WaitingChild:
    """A child whose work is to wait. Nothing was rendered, so its deliveries are empty."""

    is_alive = True

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._reports: deque[Report] = deque()

    def send(self, order: Order) -> None:
        """See `Child.send`."""
        if isinstance(order, Start):
            threading.Thread(target=self._work, daemon=True).start()

    def reports(self, timeout_s: float) -> list[Report]:
        """See `Child.reports`."""
        with self._changed:
            self._changed.wait_for(lambda: self._reports, timeout_s)
            found = list(self._reports)
            self._reports.clear()
            return found

    def end(self) -> None:
        """See `Child.end`."""

    def _work(self) -> None:
        wait_for_a_job()
        with self._changed:
            self._reports.append(Delivered(()))
            self._changed.notify_all()


class Member(Worker):
    """A worker of which one can tell what it holds."""

    held: frozenset[TopicPartition] = frozenset()
    settled: threading.Condition

    def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.assigned`."""
        super().assigned(partitions)
        with self.settled:
            self.held |= partitions
            self.settled.notify_all()

    def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """See `Rebalancing.revoked`."""
        super().revoked(partitions)
        with self.settled:
            self.held -= partitions
            self.settled.notify_all()


def wait_for_a_job() -> None:
    """As long as a job takes, on a condition that nobody signals."""
    never = threading.Condition()
    with never:
        never.wait(JOB_S)


def main() -> None:
    """Three runs on one broker and one database, then the same jobs without a studio."""
    per_minute: dict[int, float] = {}
    with database() as (url, admin_url), broker() as bootstrap, ExitStack() as stack:
        transport = KafkaTransport(KafkaSettings(bootstrap))
        transport.create_topics()
        http = stack.enter_context(httpx.Client())
        objects = InMemoryObjectStore(Presigner("http://studio.test/objects", SECRET))
        desk = StudioDesk(url, admin_url, objects, http, stack, kek=SECRET, args_secret=SECRET)
        publish_defaults(desk.studio)
        with running(desk, transport):
            for workers in WORKERS:
                jobs = workers * JOBS_PER_WORKER
                per_minute[workers] = 60 * jobs / run(desk, transport, workers, jobs)
    waiting = {workers: 60 * workers * JOBS_PER_WORKER / bare(workers) for workers in WORKERS}
    for workers in WORKERS:
        report(
            f"workers_{workers}",
            f"{workers} threads that wait {JOB_S} s a job",
            jobs_per_min=per_minute[workers],
            baseline_jobs_per_min=waiting[workers],
            ratio=per_minute[workers] / waiting[workers],
            ratio_to_one_worker=per_minute[workers] / per_minute[1],
        )


def bare(workers: int) -> float:
    """How long the jobs alone take."""

    def wait_for_all() -> None:
        with ThreadPoolExecutor(workers) as threads:
            for _ in range(workers * JOBS_PER_WORKER):
                threads.submit(wait_for_a_job)

    return seconds(wait_for_all)


@contextmanager
def running(desk: StudioDesk, transport: Transport) -> Iterator[None]:
    """Reactor and recorder are running inside the block."""
    stop = threading.Event()

    def recorder() -> None:
        with (
            transport.publisher("/suite/recorder") as out,
            transport.consumer(GROUP, TOPICS, "recorder") as consumer,
        ):
            handle = Recorder(desk.studio, desk.store, desk.objects, out).handle
            loop = ConsumerLoop(consumer, one_at_a_time(handle), DeadLetterBox(out, GROUP))
            loop.run(stop)

    thread = threading.Thread(target=recorder)
    thread.start()
    try:
        with TemporaryDirectory(prefix="suite-bench-") as folder:
            outside = sandbox_outside(desk.objects, Path(folder))
            with running_reactor(desk.url, desk.studio, outside, transport):
                yield
    finally:
        stop.set()
        thread.join()


def run(desk: StudioDesk, transport: Transport, workers: int, jobs: int) -> float:
    """From the first result to the last, scaled to all jobs, once the group has settled."""
    stop = threading.Event()
    limits_s = {loader.id: loader.phase_limits_s for loader in LOADERS.values()}

    settled = threading.Condition()
    members = [
        Member(f"bench-{number}", transport, WaitingChild, limits_s) for number in range(workers)
    ]
    for member in members:
        member.settled = settled
    threads = [threading.Thread(target=partial(member.run, stop)) for member in members]
    asked: set[UUID] = set()
    came_s: dict[UUID, float] = {}
    with transport.broadcast([RESULTS], From.END) as results:
        results.poll(0.0)
        for thread in threads:
            thread.start()
        share = sum(JOBS[kind].partitions for kind in KINDS) // workers
        with settled:
            settled.wait_for(lambda: all(len(one.held) == share for one in members), PATIENCE_S)
        owner = desk.creator()
        asked = {desk.draw(None, owner) for _ in range(jobs)}
        ends_at_s = perf_counter() + PATIENCE_S
        while came_s.keys() != asked and perf_counter() < ends_at_s:
            for delivery in results.poll(0.2):
                found = delivery.message
                if isinstance(found, JobRendered) and found.job in asked:
                    came_s.setdefault(found.job, perf_counter())
    stop.set()
    for thread in threads:
        thread.join()
    if came_s.keys() != asked:
        raise TimeoutError(f"{len(came_s)} of {len(asked)} jobs within {PATIENCE_S:.0f} s")
    taken_s = max(came_s.values()) - min(came_s.values())
    return taken_s * jobs / (jobs - workers)


if __name__ == "__main__":
    main()
