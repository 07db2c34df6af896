"""Which process this is, and that its main loop turns."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from processes.heartbeat import Heartbeat


class MainLoop(Collector):
    """Shows a process's name and how often its main loop has turned: it stands still where that
    does not grow. Beside it, what the operating system says of memory, time and open files.
    """

    def __init__(self, registry: CollectorRegistry, process: str, heartbeat: Heartbeat) -> None:
        self._process = process
        self._heartbeat = heartbeat
        registry.register(self)
        ProcessCollector(registry=registry)

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        yield InfoMetricFamily(
            "suite_process", "Which process this is.", {"process": self._process}
        )
        yield CounterMetricFamily(
            "suite_main_loop_turns", "Turns of the main loop.", self._heartbeat.turns
        )
