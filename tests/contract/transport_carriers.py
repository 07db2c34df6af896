"""The transports as the contract suite sees them, with what only a test may do to each."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from time import monotonic
from typing import Protocol
from uuid import uuid4

import msgspec
import psycopg
from kafka import KafkaAdminClient
from kafka import TopicPartition as KafkaTopicPartition

from processes.observed_transport import ObservedTransport
from topics.embedded import EmbeddedTransport
from topics.in_memory import InMemoryTransport
from topics.kafka import KafkaTransport
from topics.kafka_consumer import KafkaGroupConsumer
from topics.kafka_settings import KafkaSettings
from topics.registry import RESULTS, Message, Topic
from topics.transport import Consumer, Delivery, Rebalancing, TopicPartition, Transport

PATIENCE_S = 30.0
"""How long a test waits for what must come. No test waits this long when it passes."""


class Carrier(Protocol):
    """A running transport. `lease_s` is how long a silent member is waited for."""

    transport: Transport
    lease_s: float

    def forget_before(self, at: TopicPartition, offset: int) -> None:
        """Do what retention does: records before `offset` are gone."""
        ...

    def another(self) -> Transport:
        """The same topics as another process sees them."""
        ...


class InMemoryCarrier:
    """Topics of this process."""

    lease_s = 0.5

    def __init__(self) -> None:
        self._memory = InMemoryTransport(lease_s=self.lease_s)
        self.transport: Transport = self._memory

    def forget_before(self, at: TopicPartition, offset: int) -> None:
        with self._memory.changed:
            log = self._memory.log(at)
            log.records = [record for record in log.records if record.offset >= offset]

    def another(self) -> Transport:
        return self.transport


class Clumsy:
    """An observer that raises whenever it sees anything."""

    def said(self, topic: Topic, message: Message) -> str | None:
        raise RuntimeError("fog")

    def heard(self, delivery: Delivery) -> None:
        raise RuntimeError("fog")


class ObservedCarrier(InMemoryCarrier):
    """Topics of this process, watched by somebody who fails."""

    def __init__(self) -> None:
        super().__init__()
        self.transport = ObservedTransport(self._memory, [Clumsy()])


class EmbeddedCarrier:
    """Topics in a fresh database."""

    lease_s = 1.0

    def __init__(self, url: str, admin_url: str) -> None:
        self._url = url
        self._admin_url = admin_url
        self.opened: list[EmbeddedTransport] = []
        self.transport: Transport = self.another()

    def forget_before(self, at: TopicPartition, offset: int) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as admin:
            admin.execute(
                "DELETE FROM topics.records "
                "WHERE topic = %s AND partition = %s AND record_offset < %s",
                [*at, offset],
            )

    def another(self) -> Transport:
        self.opened.append(EmbeddedTransport(self._url, lease_s=self.lease_s))
        return self.opened[-1]


class KafkaCarrier:
    """Topics of a broker that other tests use too."""

    lease_s = 2.0

    def __init__(self, bootstrap: str) -> None:
        self._prefix = f"{uuid4()}."
        self._settings = KafkaSettings(bootstrap, lease_s=self.lease_s, metadata_timeout_s=2.0)
        self.transport: Transport = self.another()

    def forget_before(self, at: TopicPartition, offset: int) -> None:
        admin = KafkaAdminClient(**self._settings.client())
        admin.delete_records({KafkaTopicPartition(*at): offset})
        admin.close()

    def another(self) -> Transport:
        return _GroupsApart(self._settings, self._prefix)


class _GroupsApart(KafkaTransport):
    """Groups of one test are not those of another, although the broker is."""

    def __init__(self, settings: KafkaSettings, prefix: str) -> None:
        super().__init__(settings)
        self._prefix = prefix

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> KafkaGroupConsumer:
        return super().consumer(f"{self._prefix}{group}", topics, member_id, rebalancing)

    def lag(self, group: str, topic: Topic) -> int:
        return super().lag(f"{self._prefix}{group}", topic)


def results_topic(carrier: Carrier, partitions: int = 4) -> Topic:
    """A fresh topic with the messages of `suite.results.v1`."""
    topic = msgspec.structs.replace(RESULTS, name=f"test.{uuid4()}", partitions=partitions)
    carrier.transport.create_topics([topic])
    return topic


def collect(poll: Callable[[float], Sequence[Delivery]], expected: int) -> list[Delivery]:
    """Poll until `expected` records came, or patience ends; a last poll shows what is too much."""
    found: list[Delivery] = []
    ends_at_s = monotonic() + PATIENCE_S
    while len(found) < expected and monotonic() < ends_at_s:
        found.extend(poll(0.2))
    found.extend(poll(0.0))
    return found


def settle(consumers: Iterable[Consumer], until: Callable[[], bool]) -> list[Delivery]:
    """Poll all in turn until the condition holds. Answers what they got meanwhile."""
    members = list(consumers)
    found: list[Delivery] = []
    ends_at_s = monotonic() + PATIENCE_S
    for turn in count():
        if until():
            return found
        assert monotonic() < ends_at_s, [sorted(member.assignment) for member in members]
        found.extend(members[turn % len(members)].poll(0.1))
    raise AssertionError("never reached")
