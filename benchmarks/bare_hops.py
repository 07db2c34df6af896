"""The baseline of a conversation: the same bytes over as many hops, with nothing behind them.

Three topics: there, on to a process of its own, and back. Every record is acknowledged before the
next thing happens, as it is in ours.
"""

import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from time import perf_counter
from typing import Any, Self
from uuid import UUID, uuid4

import msgspec
from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as KafkaTopicPartition

from benchmarks.measure import Arrivals, beside
from processes.lifecycle import stop_requested
from tests.kafka.forked import forked
from topics.codec import Headers
from topics.kafka import KafkaTransport
from topics.kafka_settings import KafkaSettings
from topics.partitioning import partition_of
from topics.registry import Topic

PATIENCE_S = 30.0
POLL_S = 0.25


class Hop(msgspec.Struct, frozen=True):
    """One of the three: a topic nobody else reads, and what each of its records says."""

    topic: str
    partitions: int
    headers: Headers
    value: bytes


class BareHops:
    """Rounds over the hops. The record that begins a round carries its number as a key."""

    def __init__(self, bootstrap: str, records: Sequence[tuple[Topic, Headers, bytes]]) -> None:
        run = uuid4()
        self._hops = [
            Hop(f"benchmark.{run}.{topic.name}", topic.partitions, headers, value)
            for topic, headers, value in records
        ]
        KafkaTransport(KafkaSettings(bootstrap)).create_topics(
            msgspec.structs.replace(topic, name=hop.topic)
            for hop, (topic, _, _) in zip(self._hops, records, strict=True)
        )
        self._bootstrap = bootstrap
        self._back = Arrivals()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        _, on, back = self._hops
        echo = forked(run_echo, self._bootstrap, on, back)
        self._stack.callback(echo.join)
        self._stack.callback(echo.terminate)
        self._producer = self._stack.enter_context(Producing(self._bootstrap))
        self._stack.enter_context(beside(self._carry))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def round(self) -> float:
        """Seconds from before the first record is sent until the last one is back."""
        number, began_s = uuid4(), perf_counter()
        self._producer.send(self._hops[0], str(number))
        return self._back.when(number) - began_s

    def _carry(self, stop: threading.Event) -> None:
        """The side that ours leaves to the worker."""
        there, on, back = self._hops
        with (
            Producing(self._bootstrap) as producer,
            Reading(self._bootstrap, there) as arriving,
            Reading(self._bootstrap, back) as returning,
        ):
            while not stop.is_set():
                for key in arriving.poll():
                    producer.send(on, key)
                    keys: list[str] = []
                    while not keys and not stop.is_set():
                        keys = returning.poll()
                    for one in keys:
                        self._back.note(UUID(one))


def run_echo(bootstrap: str, on: Hop, back: Hop) -> None:
    """The side that ours leaves to the recorder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = stop_requested()
    with Producing(bootstrap) as producer, Reading(bootstrap, on) as arriving:
        while not stop.is_set():
            for key in arriving.poll():
                producer.send(back, key)


class Producing:
    """kafka-python's producer, waiting for each acknowledgement."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=True
        )

    def send(self, hop: Hop, key: str) -> None:
        """Append the hop's record under this key."""
        self._producer.send(
            hop.topic,
            value=hop.value,
            key=key.encode(),
            headers=list(hop.headers),
            partition=partition_of(key, hop.partitions),
        ).get(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.close()


class Reading:
    """kafka-python's consumer of one hop, without a group."""

    def __init__(self, bootstrap: str, hop: Hop) -> None:
        self._consumer: Any = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
        partitions = [KafkaTopicPartition(hop.topic, number) for number in range(hop.partitions)]
        self._consumer.assign(partitions)
        self._consumer.seek_to_beginning(*partitions)

    def poll(self) -> list[str]:
        """The keys of what came."""
        polled = self._consumer.poll(int(POLL_S * 1000))
        return [record.key.decode() for found in polled.values() for record in found]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
