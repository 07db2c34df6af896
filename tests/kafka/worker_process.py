"""A worker as an operating-system process, whose engine draws cartoons as the stage tells it."""

from multiprocessing.context import ForkServerProcess
from pathlib import Path

from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.presigned_objects import presigned_objects
from gpu_consumers.worker.worker import Worker, WorkerLimits
from processes.lifecycle import stop_requested
from tests.faults.stage import stage_of
from tests.faults.staged_process import StagedPainter
from tests.flow.painter import ChildThread
from tests.kafka.forked import forked
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings

LIMITS = WorkerLimits(wait_s=0.05, alive_interval_s=0.5, claim_again_s=1.0)


def worker_process(name: str, bootstrap: str, lease_s: float, home: Path) -> ForkServerProcess:
    """A started worker. Its stage and its trainings lie in `home`."""
    return forked(_run, name, bootstrap, lease_s, home)


def _run(name: str, bootstrap: str, lease_s: float, home: Path) -> None:
    painter = StagedPainter(stage_of(home))
    objects = presigned_objects()
    Worker(
        name,
        KafkaTransport(KafkaSettings(bootstrap, lease_s=lease_s)),
        lambda: ChildThread(painter, objects, home / "worker" / name),
        {loader.id: loader.phase_limits_s for loader in LOADERS.values()},
        limits=LIMITS,
    ).run(stop_requested())
