"""From a request to the job message a worker receives, over bare produce and consume.

Ours is a whole command (authorise, reserve, open the job, commit), the relay in its own process,
the broker, and the decoding; the baseline is the same bytes through the same broker.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from time import perf_counter
from uuid import UUID, uuid4

import httpx
from kafka import KafkaProducer

from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from benchmarks.measure import Arrivals, beside, broker, database, quantile, report
from processes.prepare import publish_defaults
from processes.wiring.clock import system_clock
from tests.flow.studio_desk import StudioDesk
from tests.kafka.relay_process import relay_process
from topics.codec import encode
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.messages.jobs import JobQueued
from topics.messages.work import WorkKind
from topics.partitioning import partition_of
from topics.registry import JOBS
from topics.transport import BroadcastReader, From

REQUESTS = 120
WARM_UP = 10
DRAWS_PER_PERSON = 50
PATIENCE_S = 30.0
SECRET = bytes(range(32))
TOPIC = JOBS[WorkKind.IMAGE]


def main() -> None:
    """One request at a time, in turns with one bare record."""
    with database() as (url, admin_url), broker() as bootstrap, ExitStack() as stack:
        transport = KafkaTransport(KafkaSettings(bootstrap))
        transport.create_topics()
        http = stack.enter_context(httpx.Client())
        objects = InMemoryObjectStore(Presigner("http://studio.test/objects", SECRET))
        desk = StudioDesk(url, admin_url, objects, http, stack, kek=SECRET, args_secret=SECRET)
        publish_defaults(desk.studio)
        relay = relay_process(url, bootstrap)
        stack.callback(relay.join)
        stack.callback(relay.terminate)
        reader = stack.enter_context(transport.broadcast([TOPIC], From.END))
        reader.poll(0.0)
        received = Arrivals()
        stack.enter_context(beside(lambda stop: receive(reader, received, stop)))
        producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
        stack.callback(producer.close)
        requested, committed, bare = measured(desk, received, bare_record(producer))
    report(
        "request_to_job",
        "kafka-python: produce the same bytes, acknowledged, and consume them",
        request_p50_ms=quantile(requested, 0.5) * 1000,
        request_p95_ms=quantile(requested, 0.95) * 1000,
        commit_p50_ms=quantile(committed, 0.5) * 1000,
        commit_p95_ms=quantile(committed, 0.95) * 1000,
        baseline_p50_ms=quantile(bare, 0.5) * 1000,
        baseline_p95_ms=quantile(bare, 0.95) * 1000,
        ratio=quantile(requested, 0.95) / quantile(bare, 0.95),
        ratio_p50=quantile(requested, 0.5) / quantile(bare, 0.5),
        ratio_from_commit=quantile(committed, 0.95) / quantile(bare, 0.95),
        goal=3.0,
    )


def measured(
    desk: StudioDesk, received: Arrivals, send: Callable[[UUID], None]
) -> tuple[list[float], list[float], list[float]]:
    """Seconds from request, from commit, and from a bare send, until received."""
    requested: list[float] = []
    committed: list[float] = []
    bare: list[float] = []
    owner = desk.creator()
    for number in range(WARM_UP + REQUESTS):
        if number % DRAWS_PER_PERSON == 0:
            owner = desk.creator()
        began_s = perf_counter()
        job = desk.draw(None, owner)
        committed_s = perf_counter()
        received_s = received.when(job)
        requested.append(received_s - began_s)
        committed.append(max(0.0, received_s - committed_s))
        other, began_s = uuid4(), perf_counter()
        send(other)
        bare.append(received.when(other) - began_s)
    return requested[WARM_UP:], committed[WARM_UP:], bare[WARM_UP:]


def receive(reader: BroadcastReader, received: Arrivals, stop: threading.Event) -> None:
    """Note each job's message as it comes."""
    while not stop.is_set():
        for delivery in reader.poll(0.2):
            if isinstance(delivery.message, JobQueued):
                received.note(delivery.message.job)


def bare_record(producer: KafkaProducer) -> Callable[[UUID], None]:
    """Sends the record of one job, and waits for the acknowledgement."""

    def send(job: UUID) -> None:
        queued = JobQueued(
            job=job, attempt=1, kind=WorkKind.IMAGE, engine="pocket", batch_key="", owner=job
        )
        encoded = encode(queued, source="/suite/relay", message_id=str(job), at=system_clock())
        producer.send(
            TOPIC.name,
            value=encoded.value,
            key=str(job).encode(),
            headers=list(encoded.headers),
            partition=partition_of(str(job), TOPIC.partitions),
        ).get(PATIENCE_S)

    return send


if __name__ == "__main__":
    main()
