"""From a request to the job message a worker receives, over bare produce and consume.

Ours is a whole command (authorise, reserve, open the job, commit), the reactor in its own process,
the broker, and the decoding; the baseline is the same bytes through the same broker.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

from kafka import KafkaProducer

from benchmarks.measure import Arrivals, beside, broker, database, report
from benchmarks.timed_requests import open_desk, timed_requests
from processes.prepare import publish_defaults
from processes.wiring.clock import system_clock
from tests.kafka.reactor_process import reactor_process
from topics.codec import encode
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.partitioning import partition_of
from topics.registry import JOBS
from topics.transport import BroadcastReader, From

PATIENCE_S = 30.0
TOPIC = JOBS[WorkKind.IMAGE]


def main() -> None:
    """One request at a time, in turns with one bare record."""
    with database() as (url, admin_url), broker() as bootstrap, ExitStack() as stack:
        transport = KafkaTransport(KafkaSettings(bootstrap))
        transport.create_topics()
        desk = open_desk(url, admin_url, stack)
        publish_defaults(desk.studio)
        home = Path(stack.enter_context(TemporaryDirectory(prefix="suite-bench-")))
        reactor = reactor_process(url, bootstrap, home)
        stack.callback(reactor.join)
        stack.callback(reactor.terminate)
        reader = stack.enter_context(transport.broadcast([TOPIC], From.END))
        reader.poll(0.0)
        received = Arrivals()
        stack.enter_context(beside(lambda stop: receive(reader, received, stop)))
        producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
        stack.callback(producer.close)
        taken = timed_requests(desk, received, bare_round(producer, received))
    report(
        "request_to_job",
        "kafka-python: produce the same bytes, acknowledged, and consume them",
        **taken.figures(),
        goal=3.0,
    )


def receive(reader: BroadcastReader, received: Arrivals, stop: threading.Event) -> None:
    """Note each job's message as it comes."""
    while not stop.is_set():
        for delivery in reader.poll(0.2):
            if isinstance(delivery.message, JobQueued):
                received.note(delivery.message.job)


def bare_round(producer: KafkaProducer, received: Arrivals) -> Callable[[], float]:
    """Sends the record of one job, waits for the acknowledgement, and until it is received."""

    def seconds_taken() -> float:
        job, began_s = uuid4(), perf_counter()
        queued = JobQueued(
            job=job, attempt=1, kind=WorkKind.IMAGE, engine="pocket", batch_key="", owner=job
        )
        encoded = encode(queued, source="/suite/reactor", message_id=str(job), at=system_clock())
        producer.send(
            TOPIC.name,
            value=encoded.value,
            key=str(job).encode(),
            headers=list(encoded.headers),
            partition=partition_of(str(job), TOPIC.partitions),
        ).get(PATIENCE_S)
        return received.when(job) - began_s

    return seconds_taken


if __name__ == "__main__":
    main()
