"""Worker: claims jobs and has a child process do them. Knows neither database nor domain."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from gpu_consumers.engines.registry import LOADERS, absent_engines
from gpu_consumers.training.training_places import forget_trainings
from gpu_consumers.worker.backlog import BatchRoom
from gpu_consumers.worker.child import ChildSettings
from gpu_consumers.worker.child_process import ChildProcess
from gpu_consumers.worker.device_facts import device_facts
from gpu_consumers.worker.engine_survey import EngineSurvey
from gpu_consumers.worker.worker import Worker, WorkerLimits
from processes.metrics.work import WorkMetrics
from processes.presence import said_to_be_there
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring.members import member_name
from processes.wiring.transport import open_transport
from topics.messages.attendance import WorkerPresent
from topics.registry import ATTENDANCE
from topics.transport import Transport

SILENCE_SHARE_MAX = 0.75
"""Of the lease: who said nothing for longer may have lost a claim."""

BATCH_ROOMS = {
    loader.id: BatchRoom(rows=loader.render_batch_max, twins=loader.twins_max)
    for loader in LOADERS.values()
}
"""By engine, how many pictures and how many different twins are drawn at once."""


def run(settings: Settings, stop: threading.Event, sight: Sight) -> None:
    """Run one worker until `stop` is set."""
    child = ChildSettings(
        work_dir=settings.home / "worker" / member_name(settings, "worker"),
        weights_dir=settings.engine_weights_dir,
        gates_dir=settings.gates,
        device_name=settings.device,
        threads=settings.torch_threads,
    )
    limits = WorkerLimits(
        alive_interval_s=settings.liveness_s,
        # Nobody loses a claim sooner.
        silence_max_s=settings.lease_s * SILENCE_SHARE_MAX,
    )
    phase_limits_s = {loader.id: loader.phase_limits_s for loader in LOADERS.values()}
    loads = LOADERS.keys() - absent_engines(settings.engine_weights_dir).keys()
    seen = WorkMetrics(sight.registry, loads=loads, engines=LOADERS.keys())
    with (
        open_transport(settings, (*sight.message_observers, seen)) as transport,
        _present(settings, transport, child.work_dir),
    ):
        Worker(
            member_name(settings, "worker"),
            transport,
            lambda: ChildProcess(child),
            phase_limits_s,
            forget_files=partial(forget_trainings, child.trainings_dir),
            rooms=BATCH_ROOMS,
            limits=limits,
        ).run(stop)


@contextmanager
def _present(settings: Settings, transport: Transport, work_dir: Path) -> Iterator[None]:
    """Within the block, others hear that this worker is there and which engines it can load."""
    name, facts = member_name(settings, "worker"), device_facts(settings.device)
    survey = EngineSurvey(LOADERS.values(), settings.engine_weights_dir, work_dir / "weights.json")

    def words() -> WorkerPresent:
        return WorkerPresent(name, facts.words, survey.offers, facts.memory_bytes)

    over = threading.Event()
    # Digests of gigabytes take their time, and nobody's work waits for them.
    threading.Thread(target=survey.run, args=(over,), name="engine survey", daemon=True).start()
    try:
        with said_to_be_there(transport, ATTENDANCE, words, every_s=settings.liveness_s):
            yield
    finally:
        over.set()
