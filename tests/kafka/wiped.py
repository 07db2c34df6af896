"""Empties topics of a broker."""

from collections.abc import Iterable

from kafka import KafkaAdminClient
from kafka import TopicPartition as KafkaTopicPartition

from topics.registry import TOPICS, Topic

TO_THE_END = -1


def wipe(bootstrap: str, topics: Iterable[Topic] = TOPICS) -> None:
    """Delete every record. Offsets go on where they were."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    for topic in topics:
        partitions = range(topic.partitions)
        admin.delete_records({KafkaTopicPartition(topic.name, n): TO_THE_END for n in partitions})
    admin.close()
