"""How much of each topic its readers have not handled, and what nobody will."""

from collections.abc import Iterator
from dataclasses import dataclass

from queries.survey.lags import PROJECTOR
from topics.registry import DEAD_LETTERS, FACTS, JOBS, READERS, RESULTS, VERDICTS, Topic
from topics.transport import Transport

RECORDER = "recorder"

_NOBODY = "nobody"
"""A group that never reads: all that a topic retains is before it."""


@dataclass(frozen=True)
class TopicLag:
    """Records of a topic that a group has not committed yet."""

    group: str
    topic: str
    records: int


@dataclass(frozen=True)
class TopicLags:
    """Every group's lag, and how many dead letters are kept."""

    groups: tuple[TopicLag, ...]
    dead_letters: int


def read_by() -> Iterator[tuple[str, Topic]]:
    """Every group and topic that somebody reads to its end."""
    yield PROJECTOR, FACTS
    yield RECORDER, RESULTS
    yield RECORDER, VERDICTS
    for topic in JOBS.values():
        yield READERS[topic.name], topic


def topic_lags(transport: Transport) -> TopicLags:
    """Look now. On Kafka that is a few questions to the cluster a topic."""
    return TopicLags(
        groups=tuple(
            TopicLag(group, topic.name, transport.lag(group, topic)) for group, topic in read_by()
        ),
        dead_letters=transport.lag(_NOBODY, DEAD_LETTERS),
    )
