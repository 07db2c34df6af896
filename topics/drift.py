"""Where existing topics differ from the registry: reported, never repaired silently."""

from collections.abc import Iterable

import msgspec

from topics.registry import TOPICS, Topic
from topics.transport import TopicDescription


class Drift(msgspec.Struct, frozen=True):
    """One difference. `registered` and `found` are None where the topic is absent on that side."""

    topic: str
    what: str
    registered: int | None
    found: int | None


def drift(found: Iterable[TopicDescription], registered: Iterable[Topic] = TOPICS) -> list[Drift]:
    """Every difference between what exists and the registry. Topics of others are no difference."""
    existing = {description.name: description for description in found}
    differences: list[Drift] = []
    for topic in registered:
        description = existing.get(topic.name)
        if description is None:
            differences.append(Drift(topic.name, "partitions", topic.partitions, None))
            continue
        if description.partitions != topic.partitions:
            differences.append(
                Drift(topic.name, "partitions", topic.partitions, description.partitions)
            )
        if description.retention_s != topic.retention_s:
            differences.append(
                Drift(topic.name, "retention_s", topic.retention_s, description.retention_s)
            )
    return differences
