"""What every transport promises, written for Kafka's semantics and run on all of them."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid5

import msgspec
import pytest

from tests.contract.transport_carriers import (
    PATIENCE_S,
    Carrier,
    EmbeddedCarrier,
    InMemoryCarrier,
    KafkaCarrier,
    ObservedCarrier,
    collect,
    results_topic,
    settle,
)
from tests.parts.kafka_broker import kafka_bootstrap
from topics.codec import Undecodability, Undecodable
from topics.consume import (
    DEAD_LETTERS_IN_A_ROW_MAX,
    ConsumerLoop,
    DeadLetterBox,
    TooManyDeadLetters,
    next_offsets,
    one_at_a_time,
)
from topics.drift import Drift, drift
from topics.messages.control import StopJob, StopReason
from topics.messages.dead_letter import DeadLetter
from topics.messages.fact import Fact, Watermark
from topics.messages.results import JobAlive, JobClaimed
from topics.messages.work import WorkKind
from topics.partitioning import partition_of
from topics.registry import DEAD_LETTERS, FACTS, Topic, key_of
from topics.transport import (
    AssignmentLost,
    Consumer,
    Delivery,
    From,
    MemberFenced,
    Publication,
    Publisher,
    PublishFailed,
    TopicPartition,
    TopicUnknown,
)

ADA = UUID("00000000-0000-4000-8000-0000000000ad")
GRACE = UUID("00000000-0000-4000-8000-0000000000cc")
LIGHTHOUSE = uuid5(ADA, "a lighthouse in fog")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def kafka_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("kafka")
    with kafka_bootstrap(folder) as bootstrap:
        yield bootstrap


@pytest.fixture(
    params=["in_memory", "observed", "embedded", pytest.param("kafka", marks=pytest.mark.kafka)]
)
def carrier(request: pytest.FixtureRequest) -> Iterator[Carrier]:
    match request.param:
        case "in_memory":
            yield InMemoryCarrier()
        case "observed":
            yield ObservedCarrier()
        case "embedded":
            url = request.getfixturevalue("database")
            embedded = EmbeddedCarrier(url, request.getfixturevalue("admin_database"))
            yield embedded
            for transport in embedded.opened:
                transport.close()
        case _:
            yield KafkaCarrier(request.getfixturevalue("kafka_address"))


@pytest.fixture
def publisher(carrier: Carrier) -> Iterator[Publisher]:
    with carrier.transport.publisher("/suite/test") as opened:
        yield opened


class Seen:
    """Notes what a consumer is told about its partitions."""

    def __init__(self) -> None:
        self.told: list[tuple[str, frozenset[TopicPartition]]] = []

    def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        self.told.append(("assigned", partitions))

    def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        self.told.append(("revoked", partitions))

    def holds(self) -> frozenset[TopicPartition]:
        held: frozenset[TopicPartition] = frozenset()
        for what, partitions in self.told:
            held = held | partitions if what == "assigned" else held - partitions
        return held


def alive(attempt: int, job: UUID = LIGHTHOUSE) -> JobAlive:
    return JobAlive(job=job, attempt=attempt, claim_id=ADA)


def attempts(deliveries: Sequence[Delivery]) -> list[int]:
    return [one.message.attempt for one in deliveries if isinstance(one.message, JobAlive)]


def all_of(topic: Topic) -> frozenset[TopicPartition]:
    return frozenset(TopicPartition(topic.name, number) for number in range(topic.partitions))


def fill(publisher: Publisher, topic: Topic, records: int) -> None:
    """Records 0 to `records` - 1, spread over the partitions by their numbers."""
    publisher.publish_all(
        Publication(topic, "", alive(number), partition=number % topic.partitions)
        for number in range(records)
    )


def read_group(carrier: Carrier, group: str, topic: Topic, expected: int) -> list[Delivery]:
    with carrier.transport.consumer(group, [topic], f"{group}-ada") as consumer:
        return collect(consumer.poll, expected)


class TestAppending:
    def test_a_keys_records_keep_their_order(self, carrier: Carrier, publisher: Publisher) -> None:
        topic = results_topic(carrier)
        for number in range(10):
            publisher.publish(topic, "ada", alive(number))
        publisher.publish_all(Publication(topic, "ada", alive(n)) for n in range(10, 60))
        assert attempts(read_group(carrier, "order", topic, 60)) == list(range(60))

    def test_batches_that_are_sent_ahead_stand_in_their_order(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        sent = [
            publisher.send_all(
                Publication(topic, "ada", alive(n)) for n in range(first, first + 10)
            )
            for first in range(0, 50, 10)
        ]
        publisher.publish(topic, "ada", alive(50))
        for batch in sent:
            batch.wait()
            batch.wait()
        assert attempts(read_group(carrier, "ahead", topic, 51)) == list(range(51))

    def test_nothing_is_sent_behind_a_batch_that_failed(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        publisher.send_all([Publication(topic, "ada", alive(1))]).wait()
        with pytest.raises(TopicUnknown):
            publisher.send_all([Publication(topic, "ada", alive(2), partition=1)])
        with pytest.raises(PublishFailed):
            publisher.send_all([Publication(topic, "ada", alive(3))])
        assert attempts(read_group(carrier, "behind", topic, 1)) == [1]

    def test_a_key_stays_in_its_partition(self, carrier: Carrier, publisher: Publisher) -> None:
        topic = results_topic(carrier)
        for round_ in range(2):
            for number in range(12):
                publisher.publish(topic, f"key-{number}", alive(round_))
        found = read_group(carrier, "stable", topic, 24)
        assert {(one.key, one.partition) for one in found} == {
            (f"key-{n}", partition_of(f"key-{n}", topic.partitions)) for n in range(12)
        }
        assert len({one.partition for one in found}) > 1

    def test_offsets_count_up_within_a_partition(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        fill(publisher, topic, 5)
        assert [one.offset for one in read_group(carrier, "offsets", topic, 5)] == [0, 1, 2, 3, 4]

    def test_a_message_arrives_whole_with_its_trace(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        claimed = JobClaimed(
            job=LIGHTHOUSE, attempt=1, claim_id=GRACE, worker="worker-1", kind=WorkKind.IMAGE
        )
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        publisher.publish(topic, key_of(claimed), claimed, traceparent=trace)
        (found,) = read_group(carrier, "whole", topic, 1)
        assert (found.topic, found.key, found.message) == (topic.name, str(LIGHTHOUSE), claimed)
        assert found.traceparent == trace

    def test_a_fact_arrives_in_the_bytes_in_which_it_was_stored(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = msgspec.structs.replace(FACTS, name=f"{results_topic(carrier).name}.facts")
        carrier.transport.create_topics([topic])
        fact = Fact(
            position=7,
            owner_id=ADA,
            originator_id=LIGHTHOUSE,
            originator_version=1,
            event_type="job.requested",
            data=b'{"v": 1,  "spaces":"as they were"}',
            recorded_at=NOON,
        )
        publisher.publish(topic, key_of(fact), fact)
        (found,) = read_group(carrier, "facts", topic, 1)
        assert found.message == fact

    def test_a_watermark_can_be_written_to_every_partition(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = msgspec.structs.replace(FACTS, name=f"{results_topic(carrier).name}.facts")
        carrier.transport.create_topics([topic])
        publisher.publish_all(
            Publication(topic, "", Watermark(9), partition=number)
            for number in range(topic.partitions)
        )
        found = read_group(carrier, "watermarks", topic, topic.partitions)
        assert sorted(one.partition for one in found) == list(range(topic.partitions))
        assert {one.message for one in found} == {Watermark(9)}

    def test_many_threads_may_use_one_publisher(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)

        def publish(thread: int) -> None:
            for number in range(10):
                publisher.publish(topic, f"thread-{thread}", alive(number))

        threads = [threading.Thread(target=publish, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        by_key: dict[str, list[Delivery]] = defaultdict(list)
        for one in read_group(carrier, "threads", topic, 40):
            by_key[one.key].append(one)
        assert {key: attempts(found) for key, found in by_key.items()} == {
            f"thread-{n}": list(range(10)) for n in range(4)
        }

    def test_an_unknown_topic_is_refused(self, carrier: Carrier, publisher: Publisher) -> None:
        absent = msgspec.structs.replace(results_topic(carrier), name="test.absent")
        with pytest.raises(TopicUnknown):
            publisher.publish(absent, "ada", alive(1))
        with pytest.raises(TopicUnknown):
            carrier.transport.broadcast([absent], From.START)

    def test_an_unknown_partition_is_refused(self, carrier: Carrier, publisher: Publisher) -> None:
        topic = results_topic(carrier, partitions=2)
        with pytest.raises(TopicUnknown):
            publisher.publish_all([Publication(topic, "ada", alive(1), partition=2)])

    def test_a_closed_publisher_publishes_nothing(self, carrier: Carrier) -> None:
        topic = results_topic(carrier)
        closed = carrier.transport.publisher("/suite/test")
        closed.close()
        closed.close()
        with pytest.raises(PublishFailed):
            closed.publish(topic, "ada", alive(1))


class TestTopics:
    def test_topics_are_made_once_and_described(self, carrier: Carrier) -> None:
        topic = results_topic(carrier, partitions=3)
        carrier.transport.create_topics([topic])
        found = {one.name: one for one in carrier.transport.describe()}[topic.name]
        assert (found.partitions, found.retention_s) == (3, topic.retention_s)

    def test_an_existing_topic_is_left_as_it_is_and_its_drift_is_reported(
        self, carrier: Carrier
    ) -> None:
        topic = results_topic(carrier, partitions=3)
        wider = msgspec.structs.replace(topic, partitions=5, retention_s=60)
        carrier.transport.create_topics([wider])
        assert drift(carrier.transport.describe(), [wider]) == [
            Drift(topic.name, "partitions", 5, 3),
            Drift(topic.name, "retention_s", 60, topic.retention_s),
        ]

    def test_the_registry_can_be_created_without_drift(self, carrier: Carrier) -> None:
        carrier.transport.create_topics()
        assert drift(carrier.transport.describe()) == []


class TestGroups:
    def test_a_group_of_an_unknown_topic_is_refused(self, carrier: Carrier) -> None:
        absent = msgspec.structs.replace(results_topic(carrier), name="test.absent")
        with (
            pytest.raises(TopicUnknown),
            carrier.transport.consumer("recorder", [absent], "ada") as consumer,
        ):
            consumer.poll(0.0)

    def test_a_new_group_begins_at_the_retained_start(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        fill(publisher, topic, 6)
        carrier.forget_before(TopicPartition(topic.name, 0), 4)
        assert attempts(read_group(carrier, "late", topic, 2)) == [4, 5]

    def test_a_group_whose_offset_is_no_longer_retained_goes_on_at_the_retained_start(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        fill(publisher, topic, 6)
        with carrier.transport.consumer("slow", [topic], "slow-ada") as consumer:
            first = collect(lambda s: consumer.poll(s, 1), 1)
            consumer.commit(next_offsets(first[:1]))
        carrier.forget_before(TopicPartition(topic.name, 0), 4)
        assert attempts(read_group(carrier, "slow", topic, 2)) == [4, 5]

    def test_each_group_sees_everything(self, carrier: Carrier, publisher: Publisher) -> None:
        topic = results_topic(carrier)
        fill(publisher, topic, 12)
        for group in ("recorder", "watchdog"):
            assert sorted(attempts(read_group(carrier, group, topic, 12))) == list(range(12))

    def test_what_was_committed_does_not_come_again(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        fill(publisher, topic, 12)
        with carrier.transport.consumer("recorder", [topic], "ada") as consumer:
            consumer.commit(next_offsets(collect(consumer.poll, 12)))
        fill(publisher, topic, 1)
        assert attempts(read_group(carrier, "recorder", topic, 1)) == [0]

    def test_what_was_not_committed_comes_again(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        fill(publisher, topic, 6)
        with carrier.transport.consumer("recorder", [topic], "ada") as consumer:
            found = collect(consumer.poll, 6)
            consumer.commit(next_offsets(found[:2]))
        with carrier.transport.consumer("recorder", [topic], "ada") as consumer:
            assert attempts(collect(consumer.poll, 4)) == [2, 3, 4, 5]

    def test_a_poll_hands_out_no_more_than_asked_and_the_rest_later(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        fill(publisher, topic, 12)
        with carrier.transport.consumer("workers", [topic], "ada") as consumer:
            seen: list[int] = []
            ends_at_s = monotonic() + PATIENCE_S
            while len(seen) < 12 and monotonic() < ends_at_s:
                found = consumer.poll(0.2, max_messages=5)
                assert len(found) <= 5
                seen.extend(attempts(found))
        assert sorted(seen) == list(range(12))

    def test_a_waiting_poll_returns_as_soon_as_something_arrives(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        with carrier.transport.consumer("workers", [topic], "ada") as consumer:
            settle([consumer], lambda: consumer.assignment == all_of(topic))
            later = threading.Timer(0.3, publisher.publish, (topic, "ada", alive(1)))
            later.start()
            began_s = monotonic()
            assert attempts(consumer.poll(PATIENCE_S)) == [1]
            assert monotonic() - began_s < PATIENCE_S / 2
            later.join()

    def test_a_poll_without_records_ends_in_time(self, carrier: Carrier) -> None:
        topic = results_topic(carrier)
        with carrier.transport.consumer("workers", [topic], "ada") as consumer:
            settle([consumer], lambda: consumer.assignment == all_of(topic))
            began_s = monotonic()
            assert consumer.poll(0.3) == ()
            assert 0.2 < monotonic() - began_s < PATIENCE_S / 2

    def test_one_consumer_reads_several_topics(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        one, other = results_topic(carrier, partitions=2), results_topic(carrier, partitions=1)
        publisher.publish(one, "ada", alive(1))
        publisher.publish(other, "grace", alive(2))
        with carrier.transport.consumer("both", [one, other], "ada") as consumer:
            found = collect(consumer.poll, 2)
            assert consumer.assignment == all_of(one) | all_of(other)
        assert sorted(attempts(found)) == [1, 2]


class TestSharing:
    def test_a_partition_is_held_by_one_member_at_a_time(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        with (
            carrier.transport.consumer("workers", [topic], "ada") as ada,
            carrier.another().consumer("workers", [topic], "grace") as grace,
        ):
            settle([ada, grace], lambda: shared_evenly(topic, ada, grace))
            fill(publisher, topic, 20)
            found = [(member, one) for member in (ada, grace) for one in collect(member.poll, 10)]
            assert sorted(attempts([one for _, one in found])) == list(range(20))
            assert all(one.at in member.assignment for member, one in found)

    def test_members_are_told_of_what_they_gain_and_lose(self, carrier: Carrier) -> None:
        topic = results_topic(carrier)
        seen_by_ada, seen_by_grace = Seen(), Seen()
        with carrier.transport.consumer("workers", [topic], "ada", seen_by_ada) as ada:
            settle([ada], lambda: ada.assignment == all_of(topic))
            assert seen_by_ada.holds() == all_of(topic)
            with carrier.another().consumer("workers", [topic], "grace", seen_by_grace) as grace:
                settle([ada, grace], lambda: shared_evenly(topic, ada, grace))
                assert seen_by_ada.holds() == ada.assignment
                assert seen_by_grace.holds() == grace.assignment
            assert seen_by_grace.holds() == frozenset()

    def test_who_keeps_a_partition_is_not_told_that_it_lost_it(self, carrier: Carrier) -> None:
        topic = results_topic(carrier)
        seen = Seen()
        with carrier.transport.consumer("workers", [topic], "ada", seen) as ada:
            settle([ada], lambda: ada.assignment == all_of(topic))
            with carrier.another().consumer("workers", [topic], "grace") as grace:
                settle([ada, grace], lambda: shared_evenly(topic, ada, grace))
                given_up = [partitions for what, partitions in seen.told if what == "revoked"]
                assert frozenset().union(*given_up) == all_of(topic) - ada.assignment

    def test_closing_hands_the_partitions_over(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        ada = carrier.transport.consumer("workers", [topic], "ada")
        with carrier.another().consumer("workers", [topic], "grace") as grace:
            settle([ada, grace], lambda: shared_evenly(topic, ada, grace))
            ada.close()
            ada.close()
            settle([grace], lambda: grace.assignment == all_of(topic))

    def test_a_silent_member_loses_its_partitions_and_its_late_commit_changes_nothing(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        seen = Seen()
        with (
            carrier.transport.consumer("workers", [topic], "ada", seen) as ada,
            carrier.another().consumer("workers", [topic], "grace") as grace,
        ):
            settle([ada], lambda: ada.assignment == all_of(topic))
            settle([ada, grace], lambda: shared_evenly(topic, ada, grace))
            held = ada.assignment
            settle([grace], lambda: grace.assignment == all_of(topic))
            fill(publisher, topic, 8)
            grace.commit(next_offsets(collect(grace.poll, 8)))
            # A transport in the middle of a rebalance refuses in silence, at the next poll.
            with suppress(AssignmentLost):
                ada.commit(dict.fromkeys(held, 1))
            # Back from its silence, it takes part again.
            settle([ada, grace], lambda: shared_evenly(topic, ada, grace))
            assert seen.holds() == ada.assignment
        fill(publisher, topic, 1)
        assert attempts(read_group(carrier, "workers", topic, 1)) == [0]

    def test_what_a_crashed_member_had_not_committed_comes_to_the_next(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        fill(publisher, topic, 4)
        crashed = carrier.transport.consumer("recorder", [topic], "ada")
        found = collect(crashed.poll, 4)
        crashed.commit(next_offsets(found[:1]))
        with carrier.another().consumer("recorder", [topic], "grace") as grace:
            assert attempts(collect(grace.poll, 3)) == [1, 2, 3]
        crashed.close()

    def test_a_member_that_comes_again_takes_its_place_and_fences_the_one_before(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        before = carrier.transport.consumer("workers", [topic], "ada")
        settle([before], lambda: before.assignment == all_of(topic))
        with carrier.another().consumer("workers", [topic], "ada") as again:
            settle([again], lambda: again.assignment == all_of(topic))
            with pytest.raises(MemberFenced):
                settle([before], lambda: False)
            before.close()
            fill(publisher, topic, 4)
            found = collect(again.poll, 4)
            again.commit(next_offsets(found))
            assert sorted(attempts(found)) == [0, 1, 2, 3]

    def test_what_is_not_held_cannot_be_committed(self, carrier: Carrier) -> None:
        topic = results_topic(carrier)
        with carrier.transport.consumer("workers", [topic], "ada") as ada:
            settle([ada], lambda: ada.assignment == all_of(topic))
            stranger = TopicPartition(topic.name, topic.partitions)
            with pytest.raises(AssignmentLost) as lost:
                ada.commit({TopicPartition(topic.name, 0): 1, stranger: 1})
            assert lost.value.partitions == {stranger}

    def test_more_members_than_partitions_leave_some_waiting(self, carrier: Carrier) -> None:
        topic = results_topic(carrier, partitions=1)
        with (
            carrier.transport.consumer("relay", [topic], "ada") as ada,
            carrier.another().consumer("relay", [topic], "grace") as grace,
        ):
            settle([ada], lambda: ada.assignment == all_of(topic))
            settle([ada, grace], in_turns(4))
            assert (ada.assignment, grace.assignment) == (all_of(topic), frozenset())


class TestPausing:
    def test_a_paused_partition_hands_out_nothing_until_it_is_resumed(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=2)
        with carrier.transport.consumer("workers", [topic], "ada") as ada:
            settle([ada], lambda: ada.assignment == all_of(topic))
            paused = TopicPartition(topic.name, 0)
            ada.pause([paused])
            fill(publisher, topic, 6)
            assert attempts(collect(ada.poll, 3)) == [1, 3, 5]
            ada.resume([paused])
            assert attempts(collect(ada.poll, 3)) == [0, 2, 4]

    def test_pausing_in_the_middle_goes_on_where_it_stopped(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        with carrier.transport.consumer("workers", [topic], "ada") as ada:
            settle([ada], lambda: ada.assignment == all_of(topic))
            fill(publisher, topic, 5)
            assert attempts(ada.poll(PATIENCE_S, 1)) == [0]
            ada.pause(ada.assignment)
            assert ada.poll(0.3) == ()
            ada.resume(ada.assignment)
            assert attempts(collect(ada.poll, 4)) == [1, 2, 3, 4]

    def test_a_member_that_polls_with_all_paused_keeps_its_partitions_beyond_the_lease(
        self, carrier: Carrier
    ) -> None:
        topic = results_topic(carrier)
        with (
            carrier.transport.consumer("workers", [topic], "ada") as ada,
            carrier.another().consumer("workers", [topic], "grace") as grace,
        ):
            settle([ada, grace], lambda: shared_evenly(topic, ada, grace))
            held = ada.assignment
            ada.pause(held)
            ends_at_s = monotonic() + 2.5 * carrier.lease_s
            settle([ada, grace], lambda: monotonic() > ends_at_s)
            assert ada.assignment == held
            ada.commit(dict.fromkeys(held, 0))

    def test_a_pause_outlives_a_rebalance_that_leaves_the_partition(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=2)
        with carrier.transport.consumer("workers", [topic], "ada") as ada:
            settle([ada], lambda: ada.assignment == all_of(topic))
            ada.pause(all_of(topic))
            with carrier.another().consumer("workers", [topic], "grace") as grace:
                settle([ada, grace], lambda: shared_evenly(topic, ada, grace))
                fill(publisher, topic, 2)
                assert len(collect(grace.poll, 1)) == 1
                assert ada.poll(0.3) == ()
                ada.resume(ada.assignment)
                assert len(collect(ada.poll, 1)) == 1


class TestBroadcast:
    def test_every_reader_sees_every_record_of_every_partition(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        fill(publisher, topic, 8)
        with (
            carrier.transport.broadcast([topic], From.START) as one,
            carrier.another().broadcast([topic], From.START) as other,
        ):
            for reader in (one, other):
                assert sorted(attempts(collect(reader.poll, 8))) == list(range(8))

    def test_a_reader_from_the_end_sees_what_is_published_after_it_was_made(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier)
        fill(publisher, topic, 8)
        with carrier.transport.broadcast([topic], From.END) as reader:
            publisher.publish(topic, "ada", alive(99))
            assert attempts(collect(reader.poll, 1)) == [99]

    def test_a_reader_from_the_start_begins_at_what_is_retained(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        fill(publisher, topic, 5)
        carrier.forget_before(TopicPartition(topic.name, 0), 3)
        with carrier.transport.broadcast([topic], From.START) as reader:
            assert attempts(collect(reader.poll, 2)) == [3, 4]

    def test_a_waiting_reader_is_woken(self, carrier: Carrier, publisher: Publisher) -> None:
        topic = results_topic(carrier)
        with carrier.transport.broadcast([topic], From.END) as reader:
            later = threading.Timer(0.3, publisher.publish, (topic, "ada", alive(1)))
            later.start()
            began_s = monotonic()
            assert attempts(reader.poll(PATIENCE_S)) == [1]
            assert monotonic() - began_s < PATIENCE_S / 2
            later.join()


class TestDeadLetters:
    def test_what_cannot_be_decoded_goes_to_the_dead_letters_and_the_rest_is_handled(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic, letters = results_topic(carrier, partitions=1), letters_topic(carrier)
        stray = StopJob(job=LIGHTHOUSE, reason=StopReason.CANCELLED)
        publisher.publish(topic, "ada", alive(1))
        publisher.publish(topic, "ada", stray)
        publisher.publish(topic, "ada", alive(2))
        handled: list[Delivery] = []
        with carrier.transport.consumer("recorder", [topic], "ada") as consumer:
            box = DeadLetterBox(publisher, "recorder", letters)
            loop = ConsumerLoop(consumer, one_at_a_time(handled.append), box)
            ends_at_s = monotonic() + PATIENCE_S
            while len(handled) < 2 and monotonic() < ends_at_s:
                loop.once(0.2)
            assert consumer.poll(0.0) == ()
        assert attempts(handled) == [1, 2]
        (found,) = read_group(carrier, "operator", letters, 1)
        assert found.key == "ada"
        assert isinstance(found.message, DeadLetter)
        assert (found.message.topic, found.message.offset) == (topic.name, 1)
        assert found.message.reason == Undecodability.UNKNOWN_TYPE
        assert found.message.value == msgspec.json.encode(stray)
        assert dict(found.message.headers)["ce_type"] == b"job.stop"

    def test_too_many_in_a_row_stop_the_consumer_without_a_commit(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic, letters = results_topic(carrier, partitions=1), letters_topic(carrier)
        publisher.publish_all(
            Publication(topic, "ada", StopJob(LIGHTHOUSE, StopReason.CANCELLED))
            for _ in range(DEAD_LETTERS_IN_A_ROW_MAX + 1)
        )
        with carrier.transport.consumer("recorder", [topic], "ada") as consumer:
            loop = ConsumerLoop(
                consumer, one_at_a_time(print), DeadLetterBox(publisher, "recorder", letters)
            )
            with pytest.raises(TooManyDeadLetters) as stopped:
                loop.run(stops_after(PATIENCE_S), poll_s=0.2)
        assert (stopped.value.group, stopped.value.topic) == ("recorder", topic.name)
        again = read_group(carrier, "recorder", topic, DEAD_LETTERS_IN_A_ROW_MAX + 1)
        assert {type(one.message) for one in again} == {Undecodable}

    def test_without_a_box_the_handler_is_given_what_is_unreadable_in_its_place(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic = results_topic(carrier, partitions=1)
        publisher.publish(topic, "ada", alive(1))
        publisher.publish(topic, "ada", StopJob(LIGHTHOUSE, StopReason.CANCELLED))
        publisher.publish(topic, "ada", alive(2))
        handled: list[Delivery] = []
        with carrier.transport.consumer("recorder", [topic], "ada") as consumer:
            loop = ConsumerLoop(consumer, one_at_a_time(handled.append), None)
            ends_at_s = monotonic() + PATIENCE_S
            while len(handled) < 3 and monotonic() < ends_at_s:
                loop.once(0.2)
        assert [type(one.message) for one in handled] == [JobAlive, Undecodable, JobAlive]

    def test_what_a_handler_gives_up_goes_to_the_dead_letters_as_it_was_found(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic, letters = results_topic(carrier, partitions=1), letters_topic(carrier)
        publisher.publish(topic, "ada", alive(1))
        (delivery,) = read_group(carrier, "recorder", topic, 1)
        DeadLetterBox(publisher, "recorder", letters).give_up(delivery, "ZeroDivisionError")
        (found,) = read_group(carrier, "operator", letters, 1)
        assert isinstance(found.message, DeadLetter)
        assert found.message.reason == "raised: ZeroDivisionError"
        assert found.message.value == msgspec.json.encode(alive(1))
        assert dict(found.message.headers)["ce_type"] == b"job.alive"

    def test_a_box_without_a_limit_stops_nobody(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic, letters = results_topic(carrier, partitions=1), letters_topic(carrier)
        publisher.publish_all(
            Publication(topic, "ada", StopJob(LIGHTHOUSE, StopReason.CANCELLED))
            for _ in range(DEAD_LETTERS_IN_A_ROW_MAX + 5)
        )
        strays = read_group(carrier, "recorder", topic, DEAD_LETTERS_IN_A_ROW_MAX + 5)
        assert DeadLetterBox(publisher, "recorder", letters, in_a_row_max=None).sort(strays) == ()

    def test_more_given_up_in_a_row_than_allowed_stop_the_consumer(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic, letters = results_topic(carrier, partitions=1), letters_topic(carrier)
        publisher.publish(topic, "ada", alive(1))
        (delivery,) = read_group(carrier, "recorder", topic, 1)
        box = DeadLetterBox(publisher, "recorder", letters)
        for _ in range(DEAD_LETTERS_IN_A_ROW_MAX):
            box.give_up(delivery, "ValueError")
        box.handled()
        for _ in range(DEAD_LETTERS_IN_A_ROW_MAX):
            box.give_up(delivery, "ValueError")
        with pytest.raises(TooManyDeadLetters):
            box.give_up(delivery, "ValueError")

    def test_a_batch_whose_handler_fails_comes_again(
        self, carrier: Carrier, publisher: Publisher
    ) -> None:
        topic, letters = results_topic(carrier, partitions=1), letters_topic(carrier)
        fill(publisher, topic, 3)

        def fail(deliveries: Sequence[Delivery]) -> None:
            raise ConnectionError("the database is away")

        with carrier.transport.consumer("recorder", [topic], "ada") as consumer:
            loop = ConsumerLoop(consumer, fail, DeadLetterBox(publisher, "recorder", letters))
            with pytest.raises(ConnectionError):
                loop.run(stops_after(PATIENCE_S), poll_s=0.2)
        assert attempts(read_group(carrier, "recorder", topic, 3)) == [0, 1, 2]


def letters_topic(carrier: Carrier) -> Topic:
    topic = results_topic(carrier)
    letters = msgspec.structs.replace(DEAD_LETTERS, name=f"{topic.name}.letters")
    carrier.transport.create_topics([letters])
    return letters


def stops_after(seconds: float) -> threading.Event:
    """An event that ends a loop which does not end by itself."""
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.daemon = True
    timer.start()
    return stop


def in_turns(polls: int) -> "Countdown":
    return Countdown(polls)


class Countdown:
    """True once it was asked `polls` times."""

    def __init__(self, polls: int) -> None:
        self._left = polls

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


def shared_evenly(topic: Topic, *members: Consumer) -> bool:
    """Whether all partitions are held, each by one member, none by two more than another."""
    shares = [member.assignment for member in members]
    sizes = [len(share) for share in shares]
    whole = frozenset().union(*shares) == all_of(topic)
    return whole and sum(sizes) == topic.partitions and max(sizes) - min(sizes) <= 1


def test_the_lag_of_a_group_is_what_it_has_not_committed(
    carrier: Carrier, publisher: Publisher
) -> None:
    topic = results_topic(carrier)
    assert carrier.transport.lag("readers", topic) == 0
    fill(publisher, topic, 10)
    # Of a group that nobody has heard of, too.
    assert carrier.transport.lag("readers", topic) == 10
    with carrier.transport.consumer("readers", [topic], "ada") as consumer:
        found = collect(consumer.poll, 10)
        assert carrier.transport.lag("readers", topic) == 10
        consumer.commit(next_offsets(found[:4]))
        assert carrier.transport.lag("readers", topic) == 10 - sum(next_offsets(found[:4]).values())
        consumer.commit(next_offsets(found))
    assert carrier.transport.lag("readers", topic) == 0
    assert carrier.another().lag("others", topic) == 10
    fill(publisher, topic, 3)
    assert carrier.transport.lag("readers", topic) == 3


def test_what_nobody_can_read_any_more_is_no_lag(carrier: Carrier, publisher: Publisher) -> None:
    topic = results_topic(carrier, partitions=1)
    fill(publisher, topic, 5)
    carrier.forget_before(TopicPartition(topic.name, 0), 3)
    assert carrier.transport.lag("readers", topic) == 2
    carrier.forget_before(TopicPartition(topic.name, 0), 5)
    assert carrier.transport.lag("readers", topic) == 0


def test_a_topic_that_does_not_exist_has_no_lag_to_tell(carrier: Carrier) -> None:
    absent = msgspec.structs.replace(FACTS, name="test.absent")
    with pytest.raises(TopicUnknown):
        carrier.transport.lag("readers", absent)
