"""The loop of every process that reads a group: poll, handle, commit; what is unreadable, aside."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from topics.codec import Undecodable
from topics.messages.bounds import LABEL_LENGTH_MAX
from topics.messages.dead_letter import DeadLetter
from topics.registry import DEAD_LETTERS, Topic
from topics.transport import (
    POLL_MESSAGES_MAX,
    AssignmentLost,
    Consumer,
    Delivery,
    MemberFenced,
    Publisher,
    PublishFailed,
    TopicPartition,
    TopicUnknown,
    TransportUnreachable,
)

DEAD_LETTERS_IN_A_ROW_MAX = 20
"""More than this is no stray record: this process does not understand its publishers."""

POLL_S = 1.0
"""How long one poll waits, and so how long a stop may take."""

RAISED = "raised"
"""Why a record that could be read is a dead letter: its handler raised, time and again."""

TRIES_MAX = 4
"""How often a message is handled that makes its handler raise, where there is no database to park
it in: then it is given up."""

Handler: TypeAlias = Callable[[Sequence[Delivery]], None]
"""Takes a batch in order per partition. May see a record twice. Raising repeats the batch later."""

_log = logging.getLogger(__name__)


class TooManyDeadLetters(Exception):
    """More records in a row that are of no use than allowed. The consumer stopped; nothing of the
    last batch was committed, so that a release which can read them finds them again."""

    def __init__(self, group: str, last: Delivery, reason: str) -> None:
        self.group = group
        self.topic = last.topic
        self.partition = last.partition
        self.offset = last.offset
        self.reason = reason
        super().__init__(
            f"group {group} met more than {DEAD_LETTERS_IN_A_ROW_MAX} records in a row that it "
            "cannot read or handle; the last is "
            f"{last.topic}[{last.partition}]@{last.offset}: {reason}"
        )


NOT_THE_MESSAGE: tuple[type[Exception], ...] = (
    PublishFailed,
    TransportUnreachable,
    TopicUnknown,
    MemberFenced,
    AssignmentLost,
    TooManyDeadLetters,
)
"""What says nothing about the message that was being handled: another one would fare no better."""


class DeadLetterBox:
    """Where a group puts what it cannot read or handle. Used by the thread that polls.

    `topic` is where the letters go: the registry's unless a test has its own. Without
    `in_a_row_max` any number of them may follow each other: for a topic that the least trusted can
    fill.
    """

    def __init__(
        self,
        publisher: Publisher,
        group: str,
        topic: Topic = DEAD_LETTERS,
        *,
        in_a_row_max: int | None = DEAD_LETTERS_IN_A_ROW_MAX,
    ) -> None:
        self._publisher = publisher
        self._group = group
        self._topic = topic
        self._in_a_row_max = in_a_row_max
        self._in_a_row = 0
        self._given_up_in_a_row = 0

    def sort(self, deliveries: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """Put the unreadable ones aside and return the others, in order.

        Raises `TooManyDeadLetters`, and then the caller must not commit.
        """
        readable: list[Delivery] = []
        for delivery in deliveries:
            if isinstance(delivery.message, Undecodable):
                self._in_a_row += 1
                self._put(delivery, delivery.message.reason)
                self._stop_beyond_limit(self._in_a_row, delivery, delivery.message.reason)
            else:
                self._in_a_row = 0
                readable.append(delivery)
        return tuple(readable)

    def give_up(self, delivery: Delivery, why: str) -> None:
        """Put aside what can be read and not be handled. `why` is a word or the error's class.

        Raises `TooManyDeadLetters` after too many of them without one that was `handled`.
        """
        self._given_up_in_a_row += 1
        reason = f"{RAISED}: {why}"[:LABEL_LENGTH_MAX]
        self._put(delivery, reason)
        self._stop_beyond_limit(self._given_up_in_a_row, delivery, reason)

    def handled(self) -> None:
        """A message was handled: whatever is given up next is a stray again."""
        self._given_up_in_a_row = 0

    def _put(self, delivery: Delivery, reason: str) -> None:
        letter = DeadLetter(
            topic=delivery.topic,
            partition=delivery.partition,
            offset=delivery.offset,
            reason=reason,
            group=self._group,
            headers=delivery.headers,
            value=delivery.value,
        )
        self._publisher.publish(self._topic, delivery.key, letter)
        _log.warning(
            "dead letter: %s[%d]@%d (%s)",
            delivery.topic,
            delivery.partition,
            delivery.offset,
            reason,
        )

    def _stop_beyond_limit(self, in_a_row: int, last: Delivery, reason: str) -> None:
        if self._in_a_row_max is not None and in_a_row > self._in_a_row_max:
            raise TooManyDeadLetters(self._group, last, reason)


class ConsumerLoop:
    """Polls one consumer and hands batches to one handler. Used by one thread.

    Without `dead_letters` the handler is given what is unreadable, too, in its place. `meanwhile`
    is called once a turn, for what has become due; a turn lasts a second when nothing arrives.
    """

    def __init__(
        self,
        consumer: Consumer,
        handle: Handler,
        dead_letters: DeadLetterBox | None,
        *,
        batch_max: int = POLL_MESSAGES_MAX,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        self._consumer = consumer
        self._handle = handle
        self._dead_letters = dead_letters
        self._batch_max = batch_max
        self._meanwhile = meanwhile

    def run(self, stop: threading.Event, *, poll_s: float = POLL_S) -> None:
        """Until `stop` is set: at most one poll and one batch later.

        Raises what the handler raises, `MemberFenced` and `TooManyDeadLetters`; nothing of the
        batch was committed then. The caller closes the consumer.
        """
        while not stop.is_set():
            if self._meanwhile is not None:
                self._meanwhile()
            self.once(poll_s)

    def once(self, timeout_s: float) -> int:
        """One poll, its batch and its commit. Returns how many records were handled."""
        deliveries = self._consumer.poll(timeout_s, self._batch_max)
        if not deliveries:
            return 0
        readable = deliveries if self._dead_letters is None else self._dead_letters.sort(deliveries)
        if readable:
            self._handle(readable)
        # Committed last: a crash before this line repeats the batch instead of losing it.
        try:
            self._consumer.commit(next_offsets(deliveries))
        except AssignmentLost as error:
            _log.warning("handled, but no longer ours to commit: %s", error)
        return len(readable)


def next_offsets(deliveries: Sequence[Delivery]) -> Mapping[TopicPartition, int]:
    """What to commit once all of these are handled."""
    return {delivery.at: delivery.offset + 1 for delivery in deliveries}


def one_at_a_time(
    handle: Callable[[Delivery], None], *, turned: Callable[[], object] = lambda: None
) -> Handler:
    """A handler of batches from a handler of single records.

    `turned` is called before each: where each may take long, a batch of them is no standstill.
    """

    def handle_each(deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            turned()
            handle(delivery)

    return handle_each
