"""A transport with somebody who sees messages pass. What they do never costs a message."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec
import structlog

from topics.closing import Closing
from topics.registry import TOPICS, Message, Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    BroadcastReader,
    Consumer,
    Delivery,
    From,
    Publication,
    Publisher,
    Rebalancing,
    Sent,
    TopicDescription,
    TopicPartition,
    Transport,
)

log = structlog.get_logger()

T = TypeVar("T")


class MessageObserver(Protocol):
    """Somebody who sees messages pass, by any thread, before anybody handles them."""

    def said(self, topic: Topic, message: Message) -> str | None:
        """It is about to be published, perhaps again. Answers the trace context it is to carry."""
        ...

    def heard(self, delivery: Delivery) -> None:
        """It was read, perhaps again."""
        ...


class ObservedTransport(Closing):
    """See `Transport`. Publishes and reads as `transport` does, watched."""

    def __init__(self, transport: Transport, observers: Sequence[MessageObserver]) -> None:
        self._transport = transport
        self._watch = _Watch(observers)

    def publisher(self, source: str) -> Publisher:
        """See `Transport.publisher`."""
        return _ObservedPublisher(self._transport.publisher(source), self._watch)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        member_id: str,
        rebalancing: Rebalancing | None = None,
    ) -> Consumer:
        """See `Transport.consumer`."""
        consumer = self._transport.consumer(group, topics, member_id, rebalancing)
        return _ObservedConsumer(consumer, self._watch)

    def broadcast(self, topics: Sequence[Topic], from_: From) -> BroadcastReader:
        """See `Transport.broadcast`."""
        return _ObservedReader(self._transport.broadcast(topics, from_), self._watch)

    def lag(self, group: str, topic: Topic) -> int:
        """See `Transport.lag`."""
        return self._transport.lag(group, topic)

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        """See `Transport.create_topics`."""
        self._transport.create_topics(topics)

    def describe(self) -> tuple[TopicDescription, ...]:
        """See `Transport.describe`."""
        return self._transport.describe()

    def close(self) -> None:
        """See `Transport.close`."""
        self._transport.close()


class _Watch:
    """All observers, none of whom can raise."""

    def __init__(self, observers: Sequence[MessageObserver]) -> None:
        self._observers = tuple(observers)

    def said(self, topic: Topic, message: Message, given: str | None) -> str | None:
        """The trace context to publish it with: the one given, or the first that is answered."""
        answers = [
            _safely(lambda observer=observer: observer.said(topic, message))  # type: ignore[misc]
            for observer in self._observers
        ]
        return given or next(filter(None, answers), None)

    def heard(self, deliveries: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
        """Have everybody hear each, and answer them as they are."""
        for delivery in deliveries:
            for observer in self._observers:
                _safely(lambda observer=observer: observer.heard(delivery))  # type: ignore[misc] # noqa: B023
        return deliveries


def _safely(observe: Callable[[], T]) -> T | None:
    try:
        return observe()
    except Exception as error:
        log.warning("observer failed", error=type(error).__name__)
        return None


class _Wrapper(Closing):
    def __init__(self, inner: Publisher | Consumer | BroadcastReader) -> None:
        self._closed = inner

    def close(self) -> None:
        self._closed.close()


class _ObservedPublisher(_Wrapper):
    def __init__(self, publisher: Publisher, watch: _Watch) -> None:
        super().__init__(publisher)
        self._publisher = publisher
        self._watch = watch

    def publish(
        self, topic: Topic, key: str, message: Message, *, traceparent: str | None = None
    ) -> None:
        carried = self._watch.said(topic, message, traceparent)
        self._publisher.publish(topic, key, message, traceparent=carried)

    def publish_all(self, publications: Iterable[Publication]) -> None:
        self._publisher.publish_all(list(map(self._observed, publications)))

    def send_all(self, publications: Iterable[Publication]) -> Sent:
        return self._publisher.send_all(list(map(self._observed, publications)))

    def _observed(self, one: Publication) -> Publication:
        carried = self._watch.said(one.topic, one.message, one.traceparent)
        return one if carried is None else msgspec.structs.replace(one, traceparent=carried)


class _ObservedReader(_Wrapper):
    def __init__(self, reader: BroadcastReader, watch: _Watch) -> None:
        super().__init__(reader)
        self._reader = reader
        self._watch = watch

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        return self._watch.heard(self._reader.poll(timeout_s, max_messages))


class _ObservedConsumer(_Wrapper):
    def __init__(self, consumer: Consumer, watch: _Watch) -> None:
        super().__init__(consumer)
        self._consumer = consumer
        self._watch = watch

    def poll(self, timeout_s: float, max_messages: int = POLL_MESSAGES_MAX) -> tuple[Delivery, ...]:
        return self._watch.heard(self._consumer.poll(timeout_s, max_messages))

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self._consumer.commit(offsets)

    def pause(self, partitions: Collection[TopicPartition]) -> None:
        self._consumer.pause(partitions)

    def resume(self, partitions: Collection[TopicPartition]) -> None:
        self._consumer.resume(partitions)

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        return self._consumer.assignment
