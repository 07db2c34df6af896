"""Worker: claims jobs and has a child process do them. Knows neither database nor domain."""

import threading

from gpu_consumers.engines.registry import LOADERS, absent_engines
from gpu_consumers.worker.backlog import BatchRoom
from gpu_consumers.worker.child import ChildSettings
from gpu_consumers.worker.child_process import ChildProcess
from gpu_consumers.worker.worker import Worker, WorkerLimits
from processes.metrics.work import WorkMetrics
from processes.settings import Settings
from processes.sight import Sight
from processes.wiring.members import member_name
from processes.wiring.transport import open_transport

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
    with open_transport(settings, (*sight.message_observers, seen)) as transport:
        Worker(
            member_name(settings, "worker"),
            transport,
            lambda: ChildProcess(child),
            phase_limits_s,
            rooms=BATCH_ROOMS,
            limits=limits,
        ).run(stop)
