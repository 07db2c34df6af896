"""Who holds which partition: a pure function, sticky and balanced per topic."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from topics.transport import TopicPartition


def assign(
    subscriptions: Mapping[str, Sequence[str]],
    partitions: Mapping[str, int],
    held: Mapping[TopicPartition, str],
) -> dict[TopicPartition, str]:
    """The member that shall hold each partition.

    `subscriptions` names the topics of each member, `partitions` the partitions of each topic,
    `held` the present holders. Of one topic no member gets two partitions more than another. Every
    member computes the same from the same state, and a balanced state stays as it is.
    """
    target: dict[TopicPartition, str] = {}
    load: dict[str, int] = dict.fromkeys(sorted(subscriptions), 0)
    for topic in sorted(partitions):
        members = [member for member in load if topic in subscriptions[member]]
        if not members:
            continue
        for at, member in _assign_topic(topic, partitions[topic], members, held, load).items():
            target[at] = member
            load[member] += 1
    return target


def _assign_topic(
    topic: str,
    count: int,
    members: Sequence[str],
    held: Mapping[TopicPartition, str],
    load: Mapping[str, int],
) -> dict[TopicPartition, str]:
    holdings: dict[str, list[TopicPartition]] = defaultdict(list)
    free: list[TopicPartition] = []
    for number in range(count):
        at = TopicPartition(topic, number)
        holder = held.get(at)
        if holder is not None and holder in members:
            holdings[holder].append(at)
        else:
            free.append(at)
    # Who holds more keeps the larger share; among equals, who carries less of the other topics.
    ranked = sorted(members, key=lambda member: (-len(holdings[member]), load[member], member))
    share, larger_shares = divmod(count, len(members))
    target: dict[TopicPartition, str] = {}
    wanting: list[str] = []
    for rank, member in enumerate(ranked):
        quota = share + 1 if rank < larger_shares else share
        kept = holdings[member][:quota]
        free.extend(holdings[member][quota:])
        target.update(dict.fromkeys(kept, member))
        wanting.extend([member] * (quota - len(kept)))
    target.update(zip(sorted(free), wanting, strict=True))
    return target
