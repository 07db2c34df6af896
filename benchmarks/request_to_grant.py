"""From a request to the grant that a worker receives, over the same three hops without a studio.

Ours is a whole command, the reactor, the worker's claim and the recorder's grant, through the
topics of jobs, results and grants. Reactor and recorder are processes of their own, the worker is
its real loop with a child that does nothing.
"""

import signal
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.bare_hops import BareHops
from benchmarks.measure import Arrivals, beside, broker, database, report
from benchmarks.timed_requests import open_desk, timed_requests
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.worker.assignments import Delivered, Order, Report, Start
from gpu_consumers.worker.worker import Worker
from processes.lifecycle import stop_requested
from processes.prepare import publish_defaults
from processes.recorder import GROUP, TOPICS, Recorder
from processes.wiring.clock import system_clock
from tests.kafka.forked import forked
from tests.kafka.reactor_process import reactor_process
from topics.codec import Headers, Undecodable, encode
from topics.consume import ConsumerLoop, DeadLetterBox, one_at_a_time
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.messages.grants import JobGranted
from topics.messages.jobs import JobQueued
from topics.messages.results import JobClaimed
from topics.messages.work import WorkKind
from topics.registry import GRANTS, JOBS, RESULTS, Message, Topic
from topics.transport import BroadcastReader, From

PATIENCE_S = 30.0
HOPS: dict[type[Message], Topic] = {
    JobQueued: JOBS[WorkKind.IMAGE],
    JobClaimed: RESULTS,
    JobGranted: GRANTS,
}


class NotingChild:
    """A child that notes what it is given and is done with it at once."""

    is_alive = True

    def __init__(self, granted: Arrivals) -> None:
        self._granted = granted
        self._reports: list[Report] = []

    def send(self, order: Order) -> None:
        """See `Child.send`."""
        if isinstance(order, Start):
            self._granted.note(order.job)
            self._reports.append(Delivered(()))

    def reports(self, timeout_s: float) -> list[Report]:
        """See `Child.reports`."""
        found, self._reports = self._reports, []
        return found

    def end(self) -> None:
        """See `Child.end`."""


def main() -> None:
    """One request at a time, in turns with one bare round."""
    granted = Arrivals()
    limits_s = {loader.id: loader.phase_limits_s for loader in LOADERS.values()}
    with database() as (url, admin_url), broker() as bootstrap, ExitStack() as stack:
        transport = KafkaTransport(KafkaSettings(bootstrap))
        transport.create_topics()
        desk = open_desk(url, admin_url, stack)
        publish_defaults(desk.studio)
        home = Path(stack.enter_context(TemporaryDirectory(prefix="suite-bench-")))
        for process in (
            reactor_process(url, bootstrap, home),
            forked(run_recorder, url, admin_url, bootstrap),
        ):
            stack.callback(process.join)
            stack.callback(process.terminate)
        worker = Worker("bench", transport, lambda: NotingChild(granted), limits_s)
        stack.enter_context(beside(worker.run))
        with transport.broadcast(list(HOPS.values()), From.END) as reader:
            granted.when(desk.draw(None, desk.creator()))
            hops = stack.enter_context(BareHops(bootstrap, said(reader)))
        taken = timed_requests(desk, granted, hops.round)
    report(
        "request_to_grant",
        "kafka-python: the bytes of the same three messages over three topics, to a process and "
        "back, each acknowledged",
        **taken.figures(),
    )


def said(reader: BroadcastReader) -> list[tuple[Topic, Headers, bytes]]:
    """The records of one real conversation, in its order."""
    found: dict[type[Any], Message] = {}
    ends_at_s = perf_counter() + PATIENCE_S
    while found.keys() != HOPS.keys() and perf_counter() < ends_at_s:
        for delivery in reader.poll(0.2):
            message = delivery.message
            if not isinstance(message, Undecodable) and type(message) in HOPS:
                found.setdefault(type(message), message)
    records = []
    for kind, topic in HOPS.items():
        encoded = encode(found[kind], source="/suite/bench", message_id="", at=system_clock())
        records.append((topic, encoded.headers, encoded.value))
    return records


def run_recorder(url: str, admin_url: str, bootstrap: str) -> None:
    """The recorder, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = stop_requested()
    transport = KafkaTransport(KafkaSettings(bootstrap))
    with (
        ExitStack() as stack,
        transport.publisher("/suite/recorder") as out,
        transport.consumer(GROUP, TOPICS, "recorder") as consumer,
    ):
        desk = open_desk(url, admin_url, stack)
        handle = Recorder(desk.studio, desk.store, desk.objects, out).handle
        ConsumerLoop(consumer, one_at_a_time(handle), DeadLetterBox(out, GROUP)).run(stop)


if __name__ == "__main__":
    main()
