"""Partitions are shared out evenly, by everyone alike, and stay where they are when they can."""

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from topics.assignment import assign
from topics.partitioning import partition_of
from topics.transport import TopicPartition

MEMBERS = ("ada", "grace", "hedy", "joan")
TOPICS = ("jobs", "results")

members = st.lists(st.sampled_from(MEMBERS), unique=True, min_size=1)
counts = st.fixed_dictionaries({topic: st.integers(1, 9) for topic in TOPICS})


def subscriptions(names: list[str]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(names, TOPICS)


@given(names=members, partitions=counts)
def test_every_partition_is_given_to_one_member_and_shares_differ_by_one(
    names: list[str], partitions: dict[str, int]
) -> None:
    target = assign(subscriptions(names), partitions, {})
    assert set(target) == {
        TopicPartition(topic, number) for topic in TOPICS for number in range(partitions[topic])
    }
    for topic in TOPICS:
        shares = [
            sum(1 for at, holder in target.items() if at.topic == topic and holder == name)
            for name in names
        ]
        assert max(shares) - min(shares) <= 1


@given(names=members, partitions=counts)
def test_a_balanced_state_stays_as_it_is(names: list[str], partitions: dict[str, int]) -> None:
    held = assign(subscriptions(names), partitions, {})
    assert assign(subscriptions(names[::-1]), partitions, held) == held


@given(names=members, partitions=counts)
def test_when_a_member_leaves_the_others_keep_what_they_hold(
    names: list[str], partitions: dict[str, int]
) -> None:
    everyone = [*names, "zora"]
    held = assign(subscriptions(everyone), partitions, {})
    left = {at: holder for at, holder in held.items() if holder != "zora"}
    target = assign(subscriptions(names), partitions, left)
    assert all(target[at] == holder for at, holder in left.items())


def test_a_topic_goes_only_to_those_who_read_it() -> None:
    readers = {"ada": ("jobs",), "grace": ("jobs", "results")}
    target = assign(readers, {"jobs": 2, "results": 3}, {})
    assert {target[TopicPartition("results", number)] for number in range(3)} == {"grace"}


def test_single_partitions_of_many_topics_are_spread() -> None:
    topics = tuple(f"topic-{number}" for number in range(4))
    target = assign({"ada": topics, "grace": topics}, dict.fromkeys(topics, 1), {})
    assert sorted(target.values()) == ["ada", "ada", "grace", "grace"]


@given(key=st.text(max_size=40), partitions=st.integers(1, 24))
def test_a_key_lies_where_kafkas_own_clients_would_put_it(key: str, partitions: int) -> None:
    assert partition_of(key, partitions) == (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
